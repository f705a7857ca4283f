using System.Text;

namespace Switchyard.Benchmarks;

/// <summary>A streamed answer of an OpenAI provider, cut into slices as a socket delivers them.</summary>
internal static class SampleStream
{
    private const string Head = """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m","system_fingerprint":"fp","choices":[""";

    public static byte[] OfChunks(int chunks)
    {
        var text = new StringBuilder();
        text.Append(Head).Append("""{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}""")
            .Append("\n\n");
        for (var i = 0; i < chunks; i++)
            text.Append(Head).Append("""{"index":0,"delta":{"content":" wagon"},"logprobs":null,"finish_reason":null}]}""").Append("\n\n");
        text.Append(Head).Append("""{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""").Append("\n\n");
        text.Append(Head).Append("""],"usage":{"prompt_tokens":96,"completion_tokens":500,"total_tokens":596}}""").Append("\n\n");
        text.Append("data: [DONE]\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static ReadOnlyMemory<byte>[] Slices(byte[] stream, int size) =>
        [
            .. Enumerable.Range(0, (stream.Length + size - 1) / size)
                .Select(i => stream.AsMemory(i * size, Math.Min(size, stream.Length - i * size))),
        ];

    public static ReadOnlyMemory<byte>[] Frames(byte[] stream)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        for (var start = 0; start < stream.Length;)
        {
            var length = stream.AsSpan(start).IndexOf("\n\n"u8) + 2;
            frames.Add(stream.AsMemory(start, length));
            start += length;
        }

        return [.. frames];
    }
}
