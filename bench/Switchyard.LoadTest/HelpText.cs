namespace Switchyard.LoadTest;

internal static class HelpText
{
    public const string Value = """
        Switchyard.LoadTest run [options]          measures the gateway beside a bare Kestrel pass-through and nginx

          --switchyard PATH    the published `switchyard` executable; left out, src/Switchyard.Server is published first
          --also NAME=PATH     another published `switchyard` beside it, or several with commas: a change and what was before it
          --native PATH        the published `switchyard-edge`, compiled to native code, beside it
          --subjects LIST      of kestrel,nginx,switchyard,keys,money,strict,cached,translate; kestrel is always there, it is
                               the yardstick; keys is the gateway with client keys, money with a key's limits, a budget and a
                               ledger, strict with answers that wait for that, cached with its cache on, translate before an
                               upstream of another format
          --only LIST          of ready,idle,cpu,latency,body,streams,memory
          --rounds N           rounds in which the subjects take turns (7)
          --seconds N          length of one turn under load (4)
          --warmup N           the most seconds of each load before the first round; it ends when the runtime stops compiling (60)
          --connections N      connections of the CPU measurement (64)
          --streams N          concurrent paced streams (100)
          --open N             streams held open for the memory figure (1000)
          --cores A,B          core of the subjects, core of upstream and load (0,1)
          --quick              a smoke run: 2 short rounds; its figures mean nothing
          --wrk                CPU measurement with wrk instead of the built-in load
          --json FILE          the raw figures

        Switchyard.LoadTest upstream --port N [--exit-with-stdin]       the provider that costs nothing
        Switchyard.LoadTest passthrough --port N --upstream http://HOST:PORT [--exit-with-stdin]
        """;
}
