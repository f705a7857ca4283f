using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>nginx configured for the lowest cost: kept connections, no log, answers not buffered.</summary>
internal sealed class NginxProgram(string file, int upstreamPort, string directory) : ISubjectProgram
{
    public string Name => SubjectNames.Nginx;

    public string File => file;

    public Launch Launch(int port)
    {
        var configuration = Path.Combine(directory, FormattableString.Invariant($"nginx-{port}.conf"));
        System.IO.File.WriteAllText(configuration, Configuration(port));
        return new Launch(Name, file, "-p", directory, "-e", "stderr", "-c", configuration);
    }

    // One process and no master, so that one process id is measured. Connections are not closed by count, as in the other subjects.
    private string Configuration(int port) => $$"""
        daemon off;
        master_process off;
        pid nginx-{{port}}.pid;
        error_log stderr warn;
        worker_rlimit_nofile 16384;
        events { worker_connections 8192; }
        http {
          access_log off;
          client_max_body_size 8m;
          client_body_buffer_size 2m;
          client_body_temp_path nginx-body; proxy_temp_path nginx-proxy;
          fastcgi_temp_path nginx-fastcgi; uwsgi_temp_path nginx-uwsgi; scgi_temp_path nginx-scgi;
          keepalive_requests 100000000;
          upstream bench { server 127.0.0.1:{{upstreamPort}}; keepalive 256; keepalive_requests 100000000; }
          server {
            listen 127.0.0.1:{{port}};
            location = /health { return 200 "ok"; }
            location / {
              proxy_pass http://bench;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
            }
          }
        }
        """;
}
