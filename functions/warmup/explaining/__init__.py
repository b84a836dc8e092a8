"""Says in words what two series of search interest show: from their own figures, or by asking a model."""
