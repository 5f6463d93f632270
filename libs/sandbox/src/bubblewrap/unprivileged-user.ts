/** The uid (and gid) that calls run under when this process is root. No account needs to have it. */
export const defaultUnprivilegedUid = 60_870
