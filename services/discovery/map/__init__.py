"""The map: communities as nodes, links and best matches as edges; groups, bridges, and pairs who
ought to meet. Computed in a process of the worker's, stored, and served by the web."""
