#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# test-prompts-schema.py ROOT: docs/prompts.schema.json is a JSON Schema, says the same as the reader of prompts files
# about each file in tests/engine/labels/prompts-files.tsv (which test-prompts-file.c holds the reader to), explains
# each key, and has the keys that docs/prompts.md has. Exit status 77 without python3-jsonschema.
import json
import os
import re
import sys

try:
    import jsonschema
except ImportError:
    print('prompts-schema: SKIPPED: python3-jsonschema is not installed', file=sys.stderr)
    sys.exit(77)

LEAST_CASES = 300


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        return f.read()


def find_keys(node, found):
    """[(name, schema)] of all keys that objects may have."""
    if isinstance(node, dict):
        if node.get('additionalProperties') is False:
            found.extend(node['properties'].items())
        for value in node.values():
            find_keys(value, found)
    elif isinstance(node, list):
        for value in node:
            find_keys(value, found)
    return found


def find_examples(page):
    """The page's section on prompts files, and the JSON blocks of the whole page."""
    section = page.split('\n## Prompts files\n')[1].split('\n## ')[0]
    return section, re.findall(r'```json\n(.*?)```', page, re.S)


def main(root):
    problems = []
    schema = json.loads(read(root, 'docs/prompts.schema.json'))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    n = 0
    for number, line in enumerate(read(root, 'tests/engine/labels/prompts-files.tsv').split('\n'), 1):
        if not line or line.startswith('#'):
            continue
        verdict, _, text = line.split('\t')
        n += 1
        if validator.is_valid(json.loads(text)) != (verdict != 'bad'):
            problems.append(f'prompts-files.tsv, line {number}: the schema differs from "{verdict}": {text[:200]}')
    if n < LEAST_CASES:
        problems.append(f'only {n} files were found')

    section, examples = find_examples(read(root, 'docs/prompts.md'))
    examples.append(read(root, 'engine/camera-health/prompts.json'))
    if len(examples) < 4:
        problems.append('docs/prompts.md has no examples')
    for text in examples:
        for error in validator.iter_errors(json.loads(text)):
            problems.append(f'an example: {error.message}')

    keys = find_keys(schema, [])
    named = set(re.findall(r'^\| `([a-z_]+)`', section, re.M))
    known = {key for key, _ in keys} - {'$schema'}
    for key in sorted(known - named):
        problems.append(f'docs/prompts.md: "{key}" is not in the tables of prompts files')
    for key in sorted(named - known):
        problems.append(f'docs/prompts.md: "{key}" is no key of the schema')
    for key, value in keys:
        target = schema['$defs'][value['$ref'].rsplit('/', 1)[1]] if '$ref' in value else {}
        if 'description' not in value and 'description' not in target:
            problems.append(f'the schema does not explain "{key}"')

    for problem in problems:
        print('prompts-schema:', problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main(sys.argv[1]))
