/** A new object with the properties of both; what is read by a getter of theirs still is. */
export const extend = <A extends object, B extends object>(base: A, more: B): A & B =>
  Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(base), ...Object.getOwnPropertyDescriptors(more) },
  ) as A & B;
