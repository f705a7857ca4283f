namespace Switchyard.LoadTest;

internal static class HelpText
{
    public const string Value = """
        Switchyard.LoadTest run [options]          measures the gateway beside a bare Kestrel pass-through and nginx

          --switchyard PATH    the published `switchyard` executable; left out, src/Switchyard.Server is published first
          --subjects LIST      of kestrel,nginx,switchyard,translate; kestrel is always there, it is
                               the yardstick; translate is the gateway before an upstream of another format
          --only LIST          of ready,cpu,latency,streams,memory
          --rounds N           rounds in which the subjects take turns (5)
          --seconds N          length of one turn under load (4)
          --warmup N           seconds of load before the first round (15)
          --connections N      connections of the CPU measurement (64)
          --streams N          concurrent paced streams (100)
          --open N             streams held open for the memory figure (1000)
          --cores A,B          core of the subjects, core of upstream and load (0,1)
          --quick              a smoke run: 2 short rounds; its figures mean nothing
          --wrk                CPU measurement with wrk instead of the built-in load
          --alloc              also the bytes the pass-through allocates per request
          --json FILE          the raw figures

        Switchyard.LoadTest upstream --port N [--exit-with-stdin]       the provider that costs nothing
        Switchyard.LoadTest passthrough --port N --upstream http://HOST:PORT [--exit-with-stdin]
        """;
}
