"""Records: what every record carries, how it is written, and how its status may move."""
