"""Records what the installed ansible-core makes of the cases of fixtures, in place.

    /usr/bin/python3 test/runner/resolve/jinja/record.py test/runner/resolve/jinja/fixtures/ansible.json …

With `--native` before them those with native types (`fixtures/native.json`).

A case is [kind, source, value]; `kinds` in the fixture says what kinds there are. To add a case, write it with null and record.
"""
import copy
import json
import os
import pathlib
import sys
import tempfile
import warnings

sys.path.insert(0, '/usr/lib/python3/dist-packages')
os.environ['TZ'] = 'UTC'
if '--native' in sys.argv:
    os.environ['ANSIBLE_JINJA2_NATIVE'] = '1'
warnings.simplefilter('ignore')

from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.playbook.conditional import Conditional  # noqa: E402
from ansible.plugins.loader import lookup_loader  # noqa: E402
from ansible.template import Templar  # noqa: E402
from ansible.utils.display import Display  # noqa: E402
from ansible.utils.listify import listify_lookup_plugin_terms  # noqa: E402

Display.warning = Display.deprecated = lambda *args, **kwargs: None

HERE = pathlib.Path(__file__).resolve().parent
VARIABLES = json.loads((HERE / 'cases.json').read_text())['vars']
LOADER = DataLoader()


def plain(value):
    """Types of Ansible that print otherwise as the ones of Python that they stand for."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(plain(item) for item in value)
    return str(value) if isinstance(value, str) else value


def value_of(kind, source, extra):
    variables = copy.deepcopy({**VARIABLES, **extra})
    templar = Templar(LOADER, variables=variables)
    if kind == 'p':
        return templar.template(source)
    if kind == 'e':
        return templar.template('{{ ' + source + ' }}')
    if kind == 't':
        templar.environment.loader.searchpath = [os.getcwd()]
        return templar.do_template(source, preserve_trailing_newlines=True, escape_backslashes=False)
    if kind == 'l':
        name, terms = source.split(' ', 1)
        plugin = lookup_loader.get(name, loader=LOADER, templar=templar)
        listed = listify_lookup_plugin_terms(json.loads(terms), templar=templar, fail_on_undefined=name != 'first_found', convert_bare=False)
        return plugin.run(terms=listed, variables=variables, wantlist=True)
    conditional = Conditional(loader=LOADER)
    conditional.when = [source]
    return conditional.evaluate_conditional(templar, variables)


def record(path):
    fixture = json.loads(path.read_text())
    extra = dict(fixture.get('vars', {}))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**fixture.get('templates', {}), **fixture.get('files', {})}.items():
            target = pathlib.Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        os.chdir(folder)
        LOADER.set_basedir(folder)
        if 'files' in fixture:
            extra['ansible_search_path'] = [folder]
        for case in fixture['cases']:
            try:
                case[2] = repr(plain(value_of(case[0], case[1], extra))).replace(folder, '/FOLDER')
            except Exception as error:
                case[2] = None
                if '--reasons' in sys.argv:
                    print(json.dumps([case[1], f'{type(error).__name__}: {error}']))
        os.chdir('/')
    head = ''.join(f' {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n' for key, value in fixture.items() if key != 'cases')
    cases = ',\n'.join('  ' + json.dumps(case, ensure_ascii=False) for case in fixture['cases'])
    path.write_text('{\n' + head + ' "cases": [\n' + cases + '\n ]\n}\n')


for name in sys.argv[1:]:
    if not name.startswith('--'):
        record(pathlib.Path(name).resolve())
