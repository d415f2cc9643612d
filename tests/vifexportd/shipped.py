#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is shipped for others' programs: the dashboard for Grafana asks for what is there,
and Prometheus scrapes by the examples, with a TLS proxy before vifexportd and without.

  tests/vifexportd/shipped.py [NAME...]

$VIFEXPORTD is the program.
"""
import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from daemon import acls, run_all
from run import OPEN, SAMPLE, check, parsed, same, world

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples")
# Labels that Prometheus adds itself.
ADDED = {"instance", "job"}


def text_of(name):
    with open(os.path.join(EXAMPLES, name)) as f:
        return f.read()


def until(what, condition):
    for _ in range(600):
        with contextlib.suppress(OSError):
            found = condition()
            if found:
                return found
        time.sleep(0.1)
    raise AssertionError(f"waited for {what}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@contextlib.contextmanager
def running(*argv):
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    except Exception as error:
        process.kill()
        raise AssertionError(f"{error}\n{process.stdout.read()[-3000:]}") from error
    finally:
        process.terminate()
        process.communicate()


def labels_there():
    """{metric: its labels} of a vifexportd to which much is told."""
    with world() as (exporter, daemon):
        daemon.say(show=SAMPLE, acls=acls(("web", 5)))
        found = {}
        for name, labels, _ in parsed(exporter.get("/metrics", **OPEN)[2]):
            found.setdefault(name, set()).update(labels)
        return found


def dashboard_queries():
    for panel in json.loads(text_of("grafana/vifswitch.json"))["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


def dashboard():
    """each metric and each label that the dashboard names is in /metrics; promtool reads it"""
    there, rules = labels_there(), []
    for title, expr, legend in dashboard_queries():
        plain = re.sub(r'"[^"]*"', '""', expr)
        metrics = set(re.findall(r"\bvifswitch_\w+", plain))
        check(metrics and metrics <= set(there), f"{title}: {metrics - set(there)} is not there")
        known = set().union(*(there[name] for name in metrics)) | ADDED
        named = {word.strip() for group in re.findall(r"(?:by|on|group_left) \(([^)]*)\)", plain)
                 for word in group.split(",")}
        named |= set(re.findall(r'(\w+)=~?"', plain)) | set(re.findall(r"{{(\w+)}}", legend))
        check(named <= known, f"{title}: labels {named - known}, there are {known}")
        expr = expr.replace("$__rate_interval", "5m").replace("$instance", ".*")
        rules.append({"record": f"test:{len(rules)}", "expr": expr})
    check(len(rules) > 10, f"{len(rules)} queries")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump({"groups": [{"name": "g", "rules": rules}]}, f)
        f.flush()
        done = subprocess.run(["promtool", "check", "rules", f.name], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    same(done.returncode, 0, done.stdout)


def scraped(folder, config):
    """Prometheus, by a configuration, finds its target up and has what it says."""
    path, port = os.path.join(folder, "prometheus.yml"), free_port()
    with open(path, "w") as f:
        f.write(config.replace("scrape_interval: 15s", "scrape_interval: 1s"))
    done = subprocess.run(["promtool", "check", "config", path], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    same(done.returncode, 0, done.stdout)

    def answer(query):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={query}") as got:
            found = json.load(got)["data"]["result"]
            return [one["value"][1] for one in found]
    with running("prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/tsdb",
                 f"--web.listen-address=127.0.0.1:{port}"):
        until("the target to be up", lambda: answer("up") == ["1"])
        until("what it says", lambda: answer("vifswitch_up") == ["1"])


def scrape_on_this_host():
    """Prometheus on the same host, by scrape.yml"""
    with world() as (exporter, daemon), tempfile.TemporaryDirectory() as folder:
        daemon.say(show=SAMPLE, acls=acls())
        shutil.copy(os.path.join(EXAMPLES, "prometheus/vifswitch.rules.yml"), folder)
        scraped(folder, text_of("prometheus/scrape.yml").replace("9797\"", f'{exporter.port}"'))


def certificates(folder):
    """ca.pem, and NAME.pem and NAME.key of a host and of Prometheus."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca",
            "-days", "2")
    with open(os.path.join(folder, "names"), "w") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("dom0", "prometheus"):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem")


def proxy_config(folder, exporter, port):
    """nginx's, with the example in it; what the example names is in @folder."""
    site = text_of("prometheus/nginx-tls.conf").replace("/etc/ssl/vifswitch", folder)
    site = site.replace("/run/vifswitch/export", exporter.unix)
    site = site.replace("listen 9798", f"listen 127.0.0.1:{port}")
    site = re.sub(r"\tlisten \[::\].*\n", "", site)
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w") as f:
        f.write(f"user root; daemon off; pid {folder}/pid; error_log stderr;\n"
                f"events {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/body;\n"
                f"proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n"
                f"uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n{site}}}\n")
    return path


def status(folder, url, with_certificate, method="GET"):
    context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
    if with_certificate:
        context.load_cert_chain(*(os.path.join(folder, f"prometheus.{end}") for end in ("pem", "key")))
    try:
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def scrape_through_a_proxy():
    """Prometheus elsewhere, by scrape-tls.yml and nginx-tls.conf: metrics for who has a certificate"""
    with world() as (exporter, daemon), tempfile.TemporaryDirectory() as folder:
        daemon.say(show=SAMPLE, acls=acls())
        port = free_port()
        certificates(folder)
        url = f"https://localhost:{port}"
        with running("/usr/sbin/nginx", "-c", proxy_config(folder, exporter, port), "-p", folder):
            until("nginx", lambda: status(folder, url + "/metrics", True) == 200)
            same(status(folder, url + "/metrics", False), 400, "without a certificate")
            same(status(folder, url + "/metrics", True, "POST"), 403, "another method")
            for path in ("/", "/show.json", "/metrics/", "/metrics/../show.json"):
                same(status(folder, url + path, True), 404, path)
            config = text_of("prometheus/scrape-tls.yml").replace("/etc/prometheus/vifswitch", folder)
            scraped(folder, config.replace("dom0-a.example:9798", f"localhost:{port}"))


def alert_rules():
    """promtool takes the rules that are shipped, and each fires when it should and not before"""
    rules = os.path.abspath(os.path.join(EXAMPLES, "prometheus/vifswitch.rules.yml"))
    done = subprocess.run(["promtool", "check", "rules", rules], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    same(done.returncode, 0, done.stdout)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules.test.yml")) as f, \
            tempfile.NamedTemporaryFile("w", suffix=".yml") as out:
        out.write(f.read().replace("RULES", rules))
        out.flush()
        done = subprocess.run(["promtool", "test", "rules", out.name], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    same(done.returncode, 0, done.stdout)


def main():
    passed, failed = run_all((dashboard, alert_rules, scrape_on_this_host, scrape_through_a_proxy))
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
