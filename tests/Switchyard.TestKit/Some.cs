namespace Switchyard.TestKit;

/// <summary>Ordinary requests and answers, for tests of other things.</summary>
public static class Some
{
    /// <summary>A chat request in OpenAI's form.</summary>
    public static string ChatRequest(string model = "up/some-model", string text = "Hello", bool stream = false, string extra = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}]{{(stream ? ",\"stream\":true" : "")}}{{extra}}}""";

    /// <summary>A chat answer in OpenAI's form: 9 prompt, 3 completion tokens.</summary>
    public static string ChatCompletion(string text = "Hello there!", string model = "some-model-2026", string extra = "") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"{{model}}","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}{{extra}}}""";

    /// <summary>One frame of a chat stream.</summary>
    public static string Chunk(string delta, string finish = "null", string extra = "") =>
        $$"""data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000001,"model":"some-model-2026","choices":[{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{finish}}}]{{extra}}}""" + "\n\n";

    /// <summary>The frame that carries usage and nothing else.</summary>
    public const string UsageChunk =
        """data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000001,"model":"some-model-2026","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""" + "\n\n";

    /// <summary>The end of a stream.</summary>
    public const string Done = "data: [DONE]\n\n";

    /// <summary>A whole chat stream with "Hi there", frame by frame; optionally with the usage frame.</summary>
    public static string[] ChatStream(bool usage = false) =>
    [
        Chunk("""{"role":"assistant","content":""}"""),
        Chunk("""{"content":"Hi"}"""),
        Chunk("""{"content":" there"}"""),
        Chunk("{}", "\"stop\""),
        .. usage ? [UsageChunk] : Array.Empty<string>(),
        Done,
    ];
}
