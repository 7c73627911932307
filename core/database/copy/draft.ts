// The one name that both the copy and its grants must know.

/** The end of the name under which an SQLite library is made before it appears at its place. */
export const DRAFT = ".paperward-copy";
