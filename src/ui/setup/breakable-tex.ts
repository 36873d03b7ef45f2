/** A bracket that `\left` or `\right` may be followed by. */
const bracket = /^\s*(\\[a-zA-Z]+|\\.|[^\s\\])/;

/**
 * TeX whose outermost brackets do not hold a line together: `\left(` and `\right)` outside of any braces become `\Bigl(`
 * and `\Bigr)`. The typesetter breaks lines at relations and operators, but never between a `\left` and its `\right`.
 */
export const breakableTex = (tex: string): string => {
  let out = '';
  let depth = 0;
  for (let i = 0; i < tex.length; ) {
    const [command] = /^\\(?:[a-zA-Z]+|.)/s.exec(tex.slice(i)) ?? [];
    if (!command) {
      if (tex[i] === '{') depth++;
      if (tex[i] === '}') depth--;
      out += tex[i++];
      continue;
    }
    i += command.length;
    const open = command === '\\left';
    if (depth > 0 || !(open || command === '\\right')) {
      out += command;
      continue;
    }
    const [whole = '', what = '.'] = bracket.exec(tex.slice(i)) ?? [];
    i += whole.length;
    // A dot is a bracket that is not drawn.
    if (what !== '.') out += `${open ? '\\Bigl' : '\\Bigr'}${what}`;
  }
  return out;
};
