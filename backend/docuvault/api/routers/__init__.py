"""One router a noun; routers are strangers to each other."""
