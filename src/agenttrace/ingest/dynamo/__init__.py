"""Records of NVIDIA Dynamo's request trace as rows, whichever file they came in."""
