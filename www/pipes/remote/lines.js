// Lines of JSON out of text frames that hold several, one, or a part of one.

export function lineReader(deliver) {
  let rest = '';
  return (frame) => {
    const lines = (rest + frame).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== '') deliver(JSON.parse(line));
  };
}
