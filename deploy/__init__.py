"""What turns this folder into a stack on AWS: the builder of the layers and the rules the template must keep."""
