/* One lock in Promela: the item in DynamoDB, the fence and the slots in PostgreSQL, and workers that may pause
 * between any two steps, lose answers, see their requests arrive twice, and whose clocks differ by up to the margin.
 *
 * Checked: no two holders inside their deadlines, writes accepted in the order of acquisition, one commit a slot, the
 * newest holder never refused by the fence, and a worker that waits alone gets the lock. Each BUG_… below seeds one
 * mistake; the search must find what it breaks (tests/model/check.py).
 *
 * Time is in ticks. A worker's wall clock is now + its skew; its monotonic clock is `now` itself.
 */

#ifndef MAX_TIME
#define MAX_TIME 6
#endif
#ifndef TRIES
#define TRIES 2     /* of the second worker; the first one has one */
#endif
#ifndef RENEWALS
#define RENEWALS 1
#endif
#ifndef LATE
#define LATE 0      /* which requests may arrive twice: 1 renewals, 2 the others */
#endif
#ifndef LEASE
#define LEASE 2
#endif
#define QUEUE_WINDOW 1
#define SKEW 2      /* of the second worker's wall clock; in whole ticks, 1 would hide behind the "<" of the conditions */
#ifdef BUG_NO_MARGIN
#define MARGIN 0
#else
#define MARGIN SKEW
#endif

#define NOBODY 0
#define PARTIES 4   /* 1 and 2 are workers, 3 is the door; 0 is nobody */
#define SLOTS 3     /* 1 and 2; 0 is none */

byte now;

/* ---- the item in DynamoDB ---- */
byte holder, origin, fence, until, done_slot, last_holder;
bit is_there;

/* ---- PostgreSQL: job_fence with its row lock, job_slots ---- */
byte stored_fence, stored_holder, readers;
bool slot_row[SLOTS];

/* ---- what only the checks know ---- */
byte acquisitions, newest_write, commits[SLOTS];
bool inside[PARTIES];
byte deadlines[PARTIES];

/* ---- one request that arrives once more, later ---- */
mtype = { ACQUIRE, RENEW, RELEASE, ADOPT };
chan late = [1] of { mtype, byte, byte, byte, byte };   /* kind, who, fence, until or slot done, free */

inline take(me, new_until) {
    holder = me; origin = me; fence = fence + 1; until = new_until; is_there = 1
}

inline take_over(me, new_until) { holder = me; fence = fence + 1; until = new_until }

/* `until` is 0 where the lock is free, and `free` is below 0 in the first ticks: both are shifted by MARGIN. */
#ifdef BUG_LEASE_NEVER_LAPSES
#define IS_FREE(free) (!is_there || until == 0)
#else
#define IS_FREE(free) (!is_there || until + MARGIN < free || until == 0)
#endif
/* Only the door (3) hands over here. */
#define MAY_ADOPT(f, free) (is_there && ((holder == 3 && fence == f) \
                            || (origin == 3 && holder != NOBODY && until + MARGIN < free)))
#ifdef BUG_RENEW_WITHOUT_GUARD
#define MAY_RENEW(me, f, new_until) (is_there && holder == me && fence == f)
#else
#define MAY_RENEW(me, f, new_until) (is_there && holder == me && fence == f && until <= new_until)
#endif
#ifdef BUG_RELEASE_WITHOUT_OWNER_CHECK
#define MAY_RELEASE(me, f) (is_there)
#else
#define MAY_RELEASE(me, f) (is_there && holder == me && fence == f)
#endif

inline free_it(me, slot) {
#ifdef BUG_DELETE_ON_RELEASE
    is_there = 0; holder = NOBODY; origin = NOBODY; fence = 0; until = 0; done_slot = 0; last_holder = NOBODY
#else
    holder = NOBODY; until = 0; last_holder = me;
    if :: slot > done_slot -> done_slot = slot :: else fi
#endif
}

/* A request may be kept by the network and delivered a second time, long after its answer. */
inline maybe_late(kind, me, f, value, free) {
    if
    :: skip
    :: (LATE == 1 && kind == RENEW || LATE == 2 && kind != RENEW) && nfull(late) -> late!kind, me, f, value, free
    fi
}

inline enter(me, limit) {
    /* Whoever enters must be alone: nobody else may still believe in a lease. */
    assert(me == 1 || !inside[1] || now >= deadlines[1] || now >= limit);
    assert(me == 2 || !inside[2] || now >= deadlines[2] || now >= limit);
    inside[me] = true; deadlines[me] = limit
}

inline leave(me) { inside[me] = false }

/* One write transaction, the last one of its slot if `finishes` says so. */
inline write(me, f, order, slot, finishes) {
    accepted = false;
    if
    :: now >= deadlines[me] -> skip                     /* our own clock says no: nothing is sent */
    :: else ->
        skip;                                           /* the request is on its way, for as long as it likes */
        atomic {
#ifdef BUG_NO_FENCE
            accepted = true
#else
            if
            :: stored_fence == f && stored_holder == me -> accepted = true
#ifndef BUG_FENCE_WITHOUT_ROW_LOCK
                ; readers++
#endif
            :: else
            fi
#endif
        };
        if
        :: accepted ->
            skip;                                       /* frozen in the middle of the transaction */
            atomic {
                if
#ifdef CRASHES
                :: accepted = false                     /* killed, or thrown out by the server: rolled back */
#else
                :: finishes && slot_row[slot] -> accepted = false
#endif
                :: !(finishes && slot_row[slot]) ->     /* or else the unique key rolls it back */
                    assert(order >= newest_write);
                    newest_write = order;
                    if
                    :: finishes ->
                        commits[slot]++; assert(commits[slot] <= 1);
#ifndef BUG_SLOT_ONLY_IN_DYNAMODB
                        slot_row[slot] = true
#endif
                    :: else
                    fi
                fi;
#ifndef BUG_NO_FENCE
#ifndef BUG_FENCE_WITHOUT_ROW_LOCK
                readers--
#endif
#endif
            }
        :: else
        fi
    fi
}

inline claim(me, f, order) {
    atomic {
        readers == 0 ->                                 /* an update waits for whoever reads FOR SHARE */
        if
        :: stored_fence < f || (stored_fence == f && stored_holder == me) -> stored_fence = f; stored_holder = me; claimed = true
        :: else ->
            claimed = false;
            assert(order < acquisitions)                /* only somebody who was overtaken may be refused */
        fi
    }
}

inline renew(me, f) {
    atomic { sent = now; wanted = now + skew + LEASE };
    atomic {
        maybe_late(RENEW, me, f, wanted, 0);
        if
        :: MAY_RENEW(me, f, wanted) -> until = wanted; renewed = true
        :: else -> renewed = false
        fi
    };
    if
    :: renewed -> atomic {
#ifdef BUG_DEADLINE_FROM_RESPONSE
        if :: inside[me] && now < deadlines[me] -> enter(me, now + LEASE) :: else -> leave(me) fi
#else
        if :: inside[me] && now < deadlines[me] -> enter(me, sent + LEASE) :: else -> leave(me) fi
#endif
      }
    :: true                                             /* the answer is lost, or it was refused */
    fi
}

/* What follows once a lease is ours: claim, write, perhaps renew, finish the slot, release. */
inline work(me, f, order, slot) {
    claim(me, f, order);
    if
    :: claimed ->
#ifdef TWO_WRITES
        write(me, f, order, slot, false);
#endif
        do
        :: renewals < RENEWALS -> renewals++; renew(me, f)
        :: break
        od;
        write(me, f, order, slot, true);
        leave(me);
        finished = (accepted -> slot : 0);
        atomic {
            maybe_late(RELEASE, me, f, finished, 0);
            if
            :: MAY_RELEASE(me, f) -> free_it(me, finished)
            :: else
            :: true                                     /* it never arrives */
            fi
        }
    :: else -> leave(me)
    fi
}

/* A scheduled run; EventBridge may deliver a slot to both workers, or a late one after a newer one. */
proctype Worker(byte me; byte skew) {
    byte sent, wanted, free, f, order, slot, finished, tries, renewals;
    bool taken, renewed, accepted, claimed;

    do
    :: tries < (me == 1 -> 1 : TRIES) ->
        tries++;
#ifdef OWN_SLOTS
        slot = me;
#else
        if :: slot = 1 :: slot = 2 fi;
#endif
        atomic { sent = now; wanted = now + skew + LEASE; free = now + skew };
        atomic {
            maybe_late(ACQUIRE, me, slot, wanted, free);
            if
            :: IS_FREE(free) && done_slot < slot ->
                take(me, wanted); acquisitions++; order = acquisitions; f = fence; taken = true
            :: else -> taken = false
            fi
        };
        if
        :: taken ->
            atomic {
#ifdef BUG_DEADLINE_FROM_RESPONSE
                if :: true -> enter(me, now + LEASE); taken = true
#else
                if :: now < sent + LEASE -> enter(me, sent + LEASE); taken = true
                   :: else -> taken = false             /* the answer came too late to be of use */
#endif
                fi
            };
            if
            :: taken -> work(me, f, order, slot)
            :: else
            fi
        :: true                                         /* refused, or the answer was lost: the lease lapses */
        fi;
        atomic {                                        /* what is not needed any more is no state to search */
            sent = 0; wanted = 0; free = 0; f = 0; order = 0; slot = 0; finished = 0; renewals = 0;
            taken = false; renewed = false; accepted = false; claimed = false
        }
    :: else -> break
    od
}

#ifdef HANDOVER
/* The door acquires for a short while and wakes a worker; the event may be delivered twice. */
chan events = [2] of { byte, byte };

proctype Door(byte me; byte skew) {
    byte wanted, free;
    atomic { wanted = now + skew + QUEUE_WINDOW; free = now + skew };
    atomic {
        if
        :: IS_FREE(free) -> take(me, wanted); acquisitions++; events!me, fence; events!me, fence
        :: else
        fi
    }
}

proctype Adopter(byte me; byte skew) {
    byte sent, wanted, free, f, order, token, finished, slot, renewals;
    bool taken, renewed, accepted, claimed;

    events?token, f;
    atomic { sent = now; wanted = now + skew + LEASE; free = now + skew };
    atomic {
#ifdef BUG_HANDOVER_WITHOUT_ADOPT
        if
        :: MAY_RENEW(token, f, wanted) -> until = wanted; order = acquisitions; taken = true
#else
        if
        :: MAY_ADOPT(f, free) ->
            maybe_late(ADOPT, me, f, wanted, free);
            take_over(me, wanted);
            acquisitions++; order = acquisitions; f = fence; taken = true
#endif
        :: else -> taken = false
        fi
    };
    if
    :: taken && now < sent + LEASE ->
        atomic { enter(me, sent + LEASE) };
        work(me, f, order, slot)
    :: else
    fi
}
#endif

#ifdef WAITING
/* Somebody takes the lock and dies at any point; whoever waits alone must get it in the end. */
bool served;
ltl alone { <> served }

proctype Dying(byte me) {
    atomic {
        if
        :: now == 0 -> take(me, LEASE + SKEW)           /* early enough for its lease to lapse before time stops */
        :: true
        fi
    }
}

proctype Waiter(byte me; byte skew) {
    byte free;
    do
    :: !served ->
        free = now + skew;
        atomic { if :: IS_FREE(free) -> take(me, now + skew + LEASE); served = true :: else fi }
    :: served -> break
    od
}
#endif

/* Delivers what was kept, at any later moment; nobody waits for the answer. */
active proctype Network() {
    mtype kind;
    byte who, f, value, free;
end:
    do
    :: atomic {
        late?kind, who, f, value, free ->
        if
        :: kind == ACQUIRE ->
            if :: IS_FREE(free) && done_slot < f -> take(who, value) :: else fi
        :: kind == ADOPT ->
            if :: MAY_ADOPT(f, free) -> take_over(who, value) :: else fi
        :: kind == RENEW ->
            if :: MAY_RENEW(who, f, value) -> until = value :: else fi
        :: kind == RELEASE ->
            if :: MAY_RELEASE(who, f) -> free_it(who, value) :: else fi
        fi
       }
    od
}

active proctype Clock() {
end:
    do
    :: now < MAX_TIME -> now++
    od
}

init {
    atomic {
#ifdef WAITING
        run Dying(2);
        run Waiter(1, SKEW)
#else
#ifdef HANDOVER
        run Door(3, 0);
        run Adopter(1, 0);
        run Adopter(2, SKEW)
#else
        run Worker(1, 0);
        run Worker(2, SKEW)
#endif
#endif
    }
}
