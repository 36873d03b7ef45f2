const solution = (text: string, isCorrect: boolean) => ({ solution: text, is_correct: isCorrect });

/**
 * Questions in the layout of GSM8K's published model solutions: one solution that nobody can tell the wrong line of, and others with every
 * kind of mistake.
 */
export const judgedQuestions = Array.from({ length: 8 }, (_, i) => {
  const [a, b, c] = [i + 3, 2 * i + 5, i + 2];
  const sum = a + b;
  const right = `He has ${a} + ${b} = <<${a}+${b}=${sum}>>${sum} pears.\nThe boxes hold ${sum} * ${c} = <<${sum}*${c}=${sum * c}>>${sum * c} in all.\nA: ${sum * c}`;
  const untrue = `He has ${a} + ${b} = <<${a}+${b}=${sum + 1}>>${sum + 1} pears.\nThe boxes hold ${sum + 1} * ${c} = <<${sum + 1}*${c}=${(sum + 1) * c}>>${(sum + 1) * c} in all.\nA: ${(sum + 1) * c}`;
  const departs = `He has ${a} + ${b} = <<${a}+${b}=${sum}>>${sum} pears.\nThe boxes hold ${sum} + ${c} = <<${sum}+${c}=${sum + c}>>${sum + c} in all.\nA: ${sum + c}`;
  const untold = `The boxes hold ${c}.\nA: ${c}`;
  return {
    question: `Sam had ${a} pears and bought ${b}; with ${c} boxes of that, how many?`,
    ground_truth: right,
    small: solution(untrue, false),
    large: solution(departs, false),
    odd: solution(untold, false),
    best: solution(`${right.replace('He has', 'Sam has')}`, true),
  };
});
