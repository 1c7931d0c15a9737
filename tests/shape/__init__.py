"""The shape that the code keeps."""
