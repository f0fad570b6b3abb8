// Types as assertions: `check<Same<A, B>>()` compiles only if A and B are the same type.

export type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

export function check<_ extends true>(): void {}
