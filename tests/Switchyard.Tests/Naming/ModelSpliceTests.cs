using System.Text;
using Switchyard.Dialects;
using Switchyard.Naming;
using Xunit;

namespace Switchyard.Tests.Naming;

public sealed class ModelSpliceTests
{
    private static readonly AnswerModelPlace s_message = new("model", StreamParent: "message");

    public static TheoryData<string, string> Bodies => new()
    {
        { """{"id":"1","model":"served","x":1}""", """{"id":"1","model":"the \"alias\" é","x":1}""" },
        { """{ "model" : "served" }""", """{ "model" : "the \"alias\" é" }""" },
        { """{"model":"a \"quoted\\\" name \\","y":"\\"}""", """{"model":"the \"alias\" é","y":"\\"}""" },
        { """{"model":"größer 模型"}""", """{"model":"the \"alias\" é"}""" },
        { """{"model":""}""", """{"model":"the \"alias\" é"}""" },
        // Vectors, and a name after them.
        { """{"data":[{"embedding":[0.1,-2e3,{"model":"no"}],"model":"no"}],"model":"served"}""",
            """{"data":[{"embedding":[0.1,-2e3,{"model":"no"}],"model":"no"}],"model":"the \"alias\" é"}""" },
        // Not a name: a value, text, another member, a deeper one, one with an escape, no string.
        { """{"x":"model","y":["model","z"],"text":"\"model\":\"no\""}""", """{"x":"model","y":["model","z"],"text":"\"model\":\"no\""}""" },
        { """{"models":"no","modelversion":"no","Model":"no","a_model_with_a_long_name":"no"}""",
            """{"models":"no","modelversion":"no","Model":"no","a_model_with_a_long_name":"no"}""" },
        { """{"message":{"model":"no"},"m\u006fdel":"no"}""", """{"message":{"model":"no"},"m\u006fdel":"no"}""" },
        { """{"model":null,"x":"no"}""", """{"model":null,"x":"no"}""" },
        { """{"model":{"model":"no"},"x":"no"}""", """{"model":{"model":"no"},"x":"no"}""" },
        { """{"model":["no"],"x":"no"}""", """{"model":["no"],"x":"no"}""" },
        // No answer at all.
        { """["model","no"]""", """["model","no"]""" },
        { """}}]{"model":"served"}""", """}}]{"model":"the \"alias\" é"}""" },
        { "\"model\":\"no\"", "\"model\":\"no\"" },
        { "model", "model" },
    };

    public static TheoryData<string, string> Streams => new()
    {
        { Event("""{"message":{"id":"m","model":"served","n":{"model":"no"}},"model":"no"}"""),
            Event("""{"message":{"id":"m","model":"alias","n":{"model":"no"}},"model":"no"}""") },
        { Event("""{"message":{"model":"served"}}""") + Event("""{"message":{"model":"served"}}"""),
            Event("""{"message":{"model":"alias"}}""") + Event("""{"message":{"model":"alias"}}""") },
        { Event("""{"delta":{"model":"no","text":"\"message\":{\"model\":\"no\"}"}}"""),
            Event("""{"delta":{"model":"no","text":"\"message\":{\"model\":\"no\"}"}}""") },
        { Event("""{"message":[{"model":"no"}],"x":{"message":{"model":"no"}}}"""),
            Event("""{"message":[{"model":"no"}],"x":{"message":{"model":"no"}}}""") },
        // Every way to write lines, a byte order mark, comments, other fields, a data field without a space.
        { "\uFEFFdata:{\"message\":{\"model\":\"served\"}}\r\n\r\n", "\uFEFFdata:{\"message\":{\"model\":\"alias\"}}\r\n\r\n" },
        { ": {\"message\":{\"model\":\"no\"}}\rdata:{\"message\":{\"model\":\"served\"}}\r\r",
            ": {\"message\":{\"model\":\"no\"}}\rdata:{\"message\":{\"model\":\"alias\"}}\r\r" },
        { "dat: \"\ndatA:{\"message\":{\"model\":\"no\"}}\ndata\n\n", "dat: \"\ndatA:{\"message\":{\"model\":\"no\"}}\ndata\n\n" },
        // One value on several lines.
        { "data: {\"message\":\r\ndata: {\"model\":\r\nid: 1\r\ndata: \"served\"}}\r\n\r\n",
            "data: {\"message\":\r\ndata: {\"model\":\r\nid: 1\r\ndata: \"alias\"}}\r\n\r\n" },
        // An event that breaks off does not disturb the next one.
        { "data: {\"message\":{\"id\":\"\n\n" + Event("""{"message":{"model":"served"}}"""),
            "data: {\"message\":{\"id\":\"\n\n" + Event("""{"message":{"model":"alias"}}""") },
        { "data: {\"message\":{\"model\":\"ser\r\n\r\n" + Event("""{"message":{"model":"served"}}"""),
            "data: {\"message\":{\"model\":\"alias\"\r\n\r\n" + Event("""{"message":{"model":"alias"}}""") },
        { "data: [DONE]\n\n", "data: [DONE]\n\n" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public void Only_the_name_in_a_body_is_replaced_wherever_the_bytes_are_cut(string body, string expected) =>
        AssertAtEveryCut(() => new ModelSplice(AnswerModelPlace.TopLevel, isStream: false, "the \"alias\" é"), body, expected);

    [Theory, MemberData(nameof(Streams))]
    public void Only_the_name_in_the_events_of_a_stream_is_replaced_wherever_the_bytes_are_cut(string stream, string expected) =>
        AssertAtEveryCut(() => new ModelSplice(s_message, isStream: true, "alias"), stream, expected);

    [Fact]
    public void A_whole_answer_names_the_model_on_its_top_level_also_in_a_format_whose_events_do_not() =>
        AssertAtEveryCut(
            () => new ModelSplice(s_message, isStream: false, "alias"),
            """{"message":{"model":"no"},"model":"served"}""",
            """{"message":{"model":"no"},"model":"alias"}""");

    [Fact]
    public void Bytes_without_a_name_are_given_back_and_not_copied()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"id":"1","text":"model"}""").AsMemory();
        var splice = new ModelSplice(AnswerModelPlace.TopLevel, isStream: false, "alias");

        Assert.True(splice.Apply(bytes).Span == bytes.Span);
    }

    private static string Event(string json) => $"event: x\ndata: {json}\n\n";

    private static void AssertAtEveryCut(Func<ModelSplice> create, string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(expected, Run(create(), bytes[..cut], bytes[cut..]));
        Assert.Equal(expected, Run(create(), [.. bytes.Select(one => new[] { one })]));
    }

    private static string Run(ModelSplice splice, params byte[][] pieces)
    {
        using var sent = new MemoryStream();
        foreach (var piece in pieces)
            sent.Write(splice.Apply(piece).Span);
        return Encoding.UTF8.GetString(sent.ToArray());
    }
}
