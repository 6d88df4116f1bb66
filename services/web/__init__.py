"""The front: pages for people. It keeps nothing and asks the services, as whoever has signed in."""
