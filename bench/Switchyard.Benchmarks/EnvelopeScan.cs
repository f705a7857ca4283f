using BenchmarkDotNet.Attributes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;

namespace Switchyard.Benchmarks;

/// <summary>Reads the facts that every policy needs from a request: one pass over its bytes, against decoding it into objects.</summary>
public class EnvelopeScan
{
    private readonly OpenAIChatDialect _dialect = new();
    private byte[] _body = [];

    [Params(500, 10_000, 100_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup() => _body = SampleRequest.OfSize(Bytes);

    [Benchmark(Baseline = true)]
    public CanonicalRequest Objects() => _dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, _body);

    [Benchmark]
    public CallEnvelope Scan() => _dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), _body);
}
