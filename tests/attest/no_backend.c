/* tests/attest/no_backend.c - a shared object that is no back end. */
int spillway_no_backend(void);
int spillway_no_backend(void) { return 1; }
