"""An existing head end: somebody else's system that has some of the meters, and takes tasks over HTTP.

It speaks what docs/api/ami-head-end.json says, with code of its own, so that an error of the product is none here.
How it reaches its meters is its own affair: it has them in hand. `spec` is what the world file says of it, `proof` who
may ask, `desk` the tasks, `hands` what is done to a meter, `door` HTTP.
"""
