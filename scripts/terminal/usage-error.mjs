/** Something the person can put right; no stack is printed, and the exit code is 2. */
export class UsageError extends Error {}
