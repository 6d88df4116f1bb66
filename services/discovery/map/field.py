"""The field of the map, in the units of its picture at its normal size."""

WIDTH, HEIGHT = 1200.0, 900.0
FIELD = (30.0, 70.0, 1170.0, 750.0)  # left, top, right, bottom of where the joined stand
BAND = (30.0, 800.0, 1170.0, 880.0)  # and of where those stand who are joined to nobody
