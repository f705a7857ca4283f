using System.Text.Json;

namespace Switchyard.Benchmarks;

/// <summary>A conversation of a given size as an OpenAI client writes it, with the model first and the messages in the middle.</summary>
internal static class SampleRequest
{
    private const string Turn =
        "The wagons of train 4711 stand on track nine \u2013 \u201cready to leave\u201d \u2013 but the signal is red.\n" +
        "Which of them may be moved to track twelve, in which order, and what has to be written " +
        "into the record of the yard before anybody moves anything?";

    public static byte[] OfSize(int bytes, bool stream = false)
    {
        var messages = new List<object> { new { role = "system", content = "You dispatch wagons. Be brief." } };
        var body = Write(messages, stream);
        while (body.Length < bytes)
        {
            messages.Add(new { role = messages.Count % 2 == 1 ? "user" : "assistant", content = Turn });
            body = Write(messages, stream);
        }

        return body;
    }

    private static byte[] Write(List<object> messages, bool stream) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        model = "bench/some-model",
        messages,
        temperature = 0.2,
        max_tokens = 512,
        stream,
        user = "user-1",
    });
}
