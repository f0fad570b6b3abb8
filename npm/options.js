// What install() is told, looked at before anything is installed: a mistake in it would else be met
// much later, or never.

const LIMITS = ['bytesPerStream', 'openStreams', 'textPerBlock'];
// The core counts in 32 bits.
const LARGEST = 0x7fffffff;

/** `options` as they are, or a TypeError that names what is wrong. */
export function checked(options = {}) {
  if (!isObject(options)) refuse('the options', options, 'an object');
  const { match, limits } = options;
  for (const name of ['dom', 'readBlobs', 'wire', 'workers']) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') refuse(name, value, 'true or false');
  }
  if (options.dom === false && options.wire === false) {
    throw new TypeError('dom and wire cannot both be false: nothing would be left');
  }
  const known = match === undefined || match === 'all' || match === 'dialects' || typeof match === 'function';
  if (!known && Object.prototype.toString.call(match) !== '[object RegExp]') {
    refuse('match', match, "'dialects', 'all', a RegExp or a function");
  }
  if (limits === undefined) return options;
  if (!isObject(limits)) refuse('limits', limits, 'an object');
  for (const name of Object.keys(limits)) {
    const value = limits[name];
    if (!LIMITS.includes(name)) throw new TypeError(`there is no limit ${name}, but ${LIMITS.join(', ')}`);
    if (value !== undefined && !(Number.isInteger(value) && value > 0 && value <= LARGEST)) {
      refuse(`limits.${name}`, value, `a whole number from 1 to ${LARGEST}`);
    }
  }
  return options;
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function refuse(name, value, wanted) {
  let given = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  if (given === 'string') given = `'${value}'`;
  if (given === 'number') given = String(value);
  throw new TypeError(`${name} must be ${wanted}, not ${given}`);
}
