from qingyuan.cli import app

app()
