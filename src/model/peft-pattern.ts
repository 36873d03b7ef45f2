/**
 * Python's regular expressions in adapter_config.json, as far as JavaScript's mean the same and are sure to end: they
 * come from strangers, and are tried on every module's name.
 */

const MAX_LENGTH = 500;
/** Each one may cost a factor of a name's length. */
const MAX_REPEATS = 3;

/** Groups that are repeated may take for ever; what stands after (?, and \A, \Z and \d by name, differ in Python. */
const foreign = /\)[*+{]|\(\?(?![:=!])|\\[AZGgkpPuUN0-9]|[*+?}]\+|\{,/;

/**
 * @param whole as re.fullmatch has it; else as PEFT looks up rank_pattern and alpha_pattern: at the end, after a dot or whole
 * @returns undefined for a pattern that is not evaluated here
 */
export const peftPattern = (text: string, whole: boolean): RegExp | undefined => {
  if (text.length > MAX_LENGTH || foreign.test(text)) return undefined;
  const bare = text.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '.');
  if ((bare.match(/[*+{]/g)?.length ?? 0) > MAX_REPEATS) return undefined;
  try {
    return new RegExp(whole ? `^(?:${text})$` : `^(?:.*\\.)?(?:${text})$`, 's');
  } catch {
    return undefined;
  }
};
