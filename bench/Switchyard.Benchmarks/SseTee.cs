using System.Buffers;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.OpenAIChat;

namespace Switchyard.Benchmarks;

/// <summary>
/// A stream of 500 chunks read for its usage and its end while the bytes pass, against decoding each chunk into objects and writing it
/// again. In slices of one frame, as a model sends them, and of 4 KB, as they arrive in bursts.
/// </summary>
public class SseTee
{
    private const int Chunks = 500;

    private readonly OpenAIChatDialect _dialect = new();
    private readonly ArrayBufferWriter<byte> _encoded = new(256 * 1024);
    private readonly List<ChatResponseUpdate> _updates = [];
    private readonly AnswerContext _context = new()
    {
        Operation = CallOperation.Chat,
        Model = "m",
        AnswerId = "chatcmpl-1",
        Created = DateTimeOffset.UnixEpoch,
        IncludeUsage = true,
    };
    private ReadOnlyMemory<byte>[] _slices = [];

    [Params(false, true)]
    public bool FrameByFrame { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var stream = SampleStream.OfChunks(Chunks);
        _slices = FrameByFrame ? SampleStream.Frames(stream) : SampleStream.Slices(stream, size: 4096);
    }

    [Benchmark(Baseline = true)]
    public int DecodeAndEncode()
    {
        _encoded.ResetWrittenCount();
        var reader = new SseFrameReader();
        var decoder = _dialect.CreateStreamDecoder(CallOperation.Chat);
        var encoder = _dialect.CreateStreamEncoder(_context);
        foreach (var slice in _slices)
        {
            reader.Feed(slice);
            while (reader.TryRead(out var frame)) decoder.Decode(frame, _updates);
            foreach (var update in _updates) encoder.Encode(update, _encoded);
            _updates.Clear();
        }

        encoder.Complete(_encoded);
        return _encoded.WrittenCount;
    }

    [Benchmark]
    public TokenUsage Tee()
    {
        var reader = new SseFrameReader();
        var probe = _dialect.CreateProbe(CallOperation.Chat);
        foreach (var slice in _slices)
        {
            reader.Feed(slice);
            while (reader.TryRead(out var frame)) probe.Observe(frame);
        }

        return probe.Usage;
    }
}
