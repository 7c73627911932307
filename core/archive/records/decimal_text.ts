// A number of SQLite as Django's DecimalField with two decimals reads it: exactly, then rounded half to even
// to 15 significant digits, then to two decimals.

const SIGNIFICANT = 15;
const DECIMALS = 2;

/** The text of a decimal, `"1234.50"`. @param value finite */
export function decimalText(value: number | bigint): string {
  const [digits, scale] = exact(value);
  const negative = digits < 0n || Object.is(value, -0);
  const rounded = toScale(toSignificant([digits < 0n ? -digits : digits, scale]));
  const text = rounded.toString().padStart(DECIMALS + 1, "0");
  return `${negative ? "-" : ""}${text.slice(0, -DECIMALS)}.${text.slice(-DECIMALS)}`;
}

/** `digits · 10^-scale` */
type Scaled = readonly [digits: bigint, scale: number];

/** A double is a fraction of a power of two, and so a finite decimal. */
function exact(value: number | bigint): Scaled {
  if (typeof value === "bigint") return [value, 0];
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const exponentBits = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const mantissa = exponentBits === 0 ? fraction : fraction | (1n << 52n);
  const exponent = (exponentBits === 0 ? 1 : exponentBits) - 1075;
  const signed = high >>> 31 ? -mantissa : mantissa;
  if (exponent >= 0) return [signed << BigInt(exponent), 0];
  return [signed * 5n ** BigInt(-exponent), -exponent];
}

function toSignificant([digits, scale]: Scaled): Scaled {
  const excess = digits.toString().length - SIGNIFICANT;
  if (excess <= 0) return [digits, scale];
  return [divideHalfEven(digits, excess), scale - excess];
}

function toScale([digits, scale]: Scaled): bigint {
  if (scale <= DECIMALS) return digits * 10n ** BigInt(DECIMALS - scale);
  return divideHalfEven(digits, scale - DECIMALS);
}

/** Divides by `10^places`. */
function divideHalfEven(digits: bigint, places: number): bigint {
  const divisor = 10n ** BigInt(places);
  const quotient = digits / divisor;
  const twice = 2n * (digits % divisor);
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) return quotient + 1n;
  return quotient;
}
