/** Under which keys answers are remembered, where more than one feature makes them stale. */

/** Everything about offers; a finished run, and every edit, makes all of it stale. */
export const OFFERS = 'offers'
/** Everything about edits. */
export const EDITS = 'edits'
