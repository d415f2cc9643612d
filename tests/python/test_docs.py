# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples in the docstrings, with a real server."""

import doctest
import importlib
import pkgutil

import lab
import vifdb


class Docs(lab.LiveTest):
    def test_package(self):
        db = self.database()
        with db.transaction() as txn:
            txn.insert("Port", name="web", trunks=[20, 10])
        globals_ = {"REMOTE": self.remote}
        runner = doctest.DocTestRunner(verbose=False)
        finder = doctest.DocTestFinder(recurse=False)
        report = []
        for test in finder.find(vifdb, "vifdb", globs=globals_, extraglobs=None):
            runner.run(test, out=report.append)
        self.assertGreater(runner.tries, 15)
        self.assertEqual(runner.failures, 0, "".join(report))

    def test_everything_public_is_documented(self):
        missing = []
        for info in pkgutil.iter_modules(vifdb.__path__):
            module = importlib.import_module("vifdb." + info.name)
            for name, thing in vars(module).items():
                if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                    continue
                if callable(thing) and not thing.__doc__:
                    missing.append(f"{module.__name__}.{name}")
                for method, function in vars(thing).items() if isinstance(thing, type) else ():
                    if callable(function) and not method.startswith("_") and not function.__doc__ \
                            and not any(hasattr(base, method) for base in thing.__mro__[1:]):
                        missing.append(f"{module.__name__}.{name}.{method}")
        self.assertEqual(missing, [])
