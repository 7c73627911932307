// A value as the database stores it, nothing harmed: the storage class tells 1 from 1.0, integers keep
// 64 bits, text keeps NUL, and bytes that aren't UTF-8 become U+DC80 … U+DCFF (Python's surrogateescape).

/** INTEGER as bigint, REAL as number, TEXT as string, BLOB as bytes. */
export type StorageValue = null | bigint | number | string | Uint8Array;
