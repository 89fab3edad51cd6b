/** @file Errors that the worker raises on purpose; each travels to the page as name, code and message. */

/** The runtime cannot start; the message says what failed and what repairs it. */
export class LoadError extends Error {
  /** @override */
  name = "LoadError";
  code = "LOAD_FAILED";
}

/** The same, and it may be the network alone that is in the way. */
export class UnreachableError extends LoadError {
  /** @override */
  name = "UnreachableError";
}

/** Python ended in the middle of a call and cannot be asked any more; the message says why. */
export class RuntimeLostError extends Error {
  /** @override */
  name = "RuntimeLostError";
}
