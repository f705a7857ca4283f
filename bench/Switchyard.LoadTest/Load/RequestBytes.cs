using System.Globalization;
using System.Text;
using Switchyard.LoadTest.Upstream;

namespace Switchyard.LoadTest.Load;

/// <summary>Whole HTTP/1.1 requests, formatted once. Every subject gets the same bytes except for the port in <c>Host</c>.</summary>
internal static class RequestBytes
{
    public const string ClientKey = "bench-client-key";

    private const int LargeBody = 1024 * 1024;

    // With this prompt the body is half a kilobyte, as in the performance contract.
    private const string Prompt =
        "You are the dispatcher of a large railway yard. Wagons arrive in no particular order and leave in trains that were planned the " +
        "day before. Explain in a few sentences how you decide which track a wagon goes to, what you do when that track is occupied, " +
        "and how you keep the record of every wagon right while all of this is going on. Be brief.";

    public static byte[] Completion(int port) => Post(port, Body("bench", stream: false));

    /// <summary>As <see cref="Completion"/>, with a prompt that makes the body a megabyte.</summary>
    public static byte[] LargeCompletion(int port)
    {
        var times = LargeBody / Prompt.Length + 1;
        return Post(
            port, Body("bench", stream: false).Replace(Prompt, string.Concat(Enumerable.Repeat(Prompt, times)), StringComparison.Ordinal));
    }

    public static byte[] Stream(int port, StreamShape shape) => Post(port, Body(shape.Model, stream: true));

    public static byte[] Get(int port, string path) =>
        Encoding.ASCII.GetBytes(FormattableString.Invariant($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));

    // `provider/model` is how a gateway's client names a target; the upstream finds the shape in the name either way.
    private static string Body(string model, bool stream) =>
        $$"""{"model":"bench/{{model}}","messages":[{"role":"user","content":"{{Prompt}}"}],"temperature":0.2{{(stream ? ",\"stream\":true" : "")}}}""";

    private static byte[] Post(int port, string body)
    {
        var length = Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes(
            FormattableString.Invariant($"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n") +
            $"Content-Type: application/json\r\nAuthorization: Bearer {ClientKey}\r\n" +
            $"Content-Length: {length}\r\n\r\n{body}");
    }
}
