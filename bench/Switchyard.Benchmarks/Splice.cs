using System.Buffers;
using BenchmarkDotNet.Attributes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Egress;
using Switchyard.Targets;

namespace Switchyard.Benchmarks;

/// <summary>
/// From a request's bytes to the bytes for the provider: scanned and written with the model replaced, against decoded into objects and
/// encoded again for the same dialect. For a stream the request also asks for usage, which is one more replacement.
/// </summary>
public class Splice
{
    private readonly OpenAIChatDialect _dialect = new();
    private readonly EgressTarget _target = new("bench", "some-model", ProviderQuirks.None);
    private readonly ArrayBufferWriter<byte> _encoded = new(256 * 1024);
    private byte[] _body = [];
    private PooledBytes _wire = PooledBytes.Owned([]);

    [Params(500, 10_000, 100_000)]
    public int Bytes { get; set; }

    [Params(false, true)]
    public bool Stream { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _body = SampleRequest.OfSize(Bytes, Stream);
        _wire = PooledBytes.Owned(_body);
    }

    [Benchmark(Baseline = true)]
    public int DecodeAndEncode()
    {
        _encoded.ResetWrittenCount();
        _dialect.EncodeRequest(
            _dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, _body), _target, new LossReport(),
            _encoded);
        return _encoded.WrittenCount;
    }

    [Benchmark]
    public async Task<int> ScanAndSplice()
    {
        var envelope = _dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), _body);
        var edits = _dialect.PlanForward(envelope, _body, _target)!;
        using var content = RequestContent.Spliced(_wire, edits.Edits);
        // The pieces are not joined: they go to the transport one by one, which copies them like an encoded body.
        await content.CopyToAsync(System.IO.Stream.Null);
        return edits.Edits.Count;
    }
}
