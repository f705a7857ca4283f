using System.Text;
using Switchyard.Egress.Answers;
using Xunit;

namespace Switchyard.Tests.Egress.Answers;

/// <summary>The characters of a forwarded answer, from which its tokens are estimated if its provider has not counted them.</summary>
public sealed class OutputCountTests
{
    [Theory]
    [InlineData("""{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"}}],"obfuscation":"aYx73kWq0pLm"}""", 5)]
    [InlineData("""{"choices":[{"delta":{"content":"Hello"}}],"p":"abcdefghijklmnopqrstuvwxyz0123456789"}""", 5)]
    [InlineData("""{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hello"}]}]}}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"content":"","reasoning":"Hello","reasoning_details":[{"text":"Hello"}]}}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"reasoning":"Hello","reasoning_content":"Hello"}}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"content":"Hello"},"logprobs":{"content":[{"token":"Hello","text":"Hello"}]}}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}}]}""", 7)]
    [InlineData("""{"choices":[{"text":"Hello"}]}""", 5)]
    [InlineData("""{"choices":[{"delta":{"refusal":"No"}}]}""", 2)]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}                    }""", 5)]
    [InlineData("""{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"EqRkCkYICRABGAIqQKQ"}}""", 0)]
    [InlineData("""{"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}""", 0)]
    [InlineData("""{"content":[{"type":"text","text":"Hello"},{"type":"tool_use","name":"f","input":{"a":[1,2]}}]}""", 16)]
    [InlineData("""{"output":[{"type":"custom_tool_call","call_id":"c","name":"f","input":"Hello"}]}""", 5)]
    [InlineData("""{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}}""", 7)]
    [InlineData("""{"type":"response.output_text.delta","delta":"Hello","obfuscation":"aYx73kWq0p"}""", 5)]
    [InlineData("""{"type":"response.output_text.done","text":"Hello and all that was sent before"}""", 0)]
    [InlineData("""{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"},{"functionCall":{"args":{"a":1}}}]}}]}""", 12)]
    [InlineData("""{"choices":[{"delta":{"content":"é漢\u6f22\n\ud83d\ude00"}}]}""", 6)]
    [InlineData("""{"choices":[{"delta":{"content":"Hello"}}""", 5)]
    [InlineData("no JSON", 0)]
    [InlineData("", 0)]
    public void Only_what_the_model_has_written_counts(string frame, long characters) =>
        Assert.Equal(characters, FrameText.LengthOf(Encoding.UTF8.GetBytes(frame)));

    [Fact]
    public void Frames_of_one_length_that_hide_the_length_of_their_text_are_counted_by_their_text()
    {
        var count = default(OutputCount);
        foreach (var text in new[] { "One", " two", " three", " four" })
        {
            var padding = new string('x', 60 - text.Length);
            count.Add(Encoding.UTF8.GetBytes($$$"""{"choices":[{"delta":{"content":"{{{text}}}"}}],"p":"{{{padding}}}"}"""));
        }

        Assert.Equal("One two three four".Length, count.Characters);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000)]
    public void Of_a_long_answer_the_frames_that_are_read_stand_for_those_between(int frames)
    {
        var count = default(OutputCount);
        for (var i = 0; i < frames; i++)
            count.Add("""{"choices":[{"delta":{"content":"four"}}]}"""u8);

        Assert.Equal(4 * frames, count.Characters);
    }
}
