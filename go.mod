module bro_exporter

go 1.26
