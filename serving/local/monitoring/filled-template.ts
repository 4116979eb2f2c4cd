/**
 * A text with its `${NAME}` replaced.
 * @throws {Error} where a name has no value, or a value has no name: a template and its program belong together
 */
export function filledTemplate(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const filled = template.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The template wants ${name}, which has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`The template does not mention ${unused.join(', ')}`);
  return filled;
}
