import { checkTensor } from './check';
import { refuseEmpty } from './multiply';
import { isPacked } from './packed-matrix';
import type { Side } from './streamed-rows';

/**
 * @param like rows and vocabulary that it must have
 * @throws Error when hidden states and head do not fit each other, or there is no row
 */
export const checkSide = (
  op: string,
  name: string,
  { hidden, head }: Side,
  [R, V]: readonly [rows: number, vocabulary: number] = [-1, -1],
) => {
  checkTensor(op, `${name} hidden`, hidden, [R, -1]);
  const d = hidden.shape[1];
  if (!isPacked(head)) checkTensor(op, `${name} head`, head, [V, d]);
  else if (head.shape[1] !== d || (V >= 0 && head.shape[0] !== V)) {
    throw new Error(
      `${op}: ${name} head must be [${V < 0 ? '*' : V}, ${d}], but is ${head.format} [${head.shape.join(', ')}].`,
    );
  }
  refuseEmpty(op, hidden);
};
