using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class WireTextEncoderTests
{
    [Theory]
    [InlineData("ü 🚂 👩‍👩‍👧 漢 <b> & ' + / \u2028 \u00ad \u007f", "ü 🚂 👩‍👩‍👧 漢 <b> & ' + / \u2028 \u00ad \u007f")]
    [InlineData("\"\\\n\r\t\b\f\u0000\u001f", "\\\"\\\\\\n\\r\\t\\b\\f\\u0000\\u001f")]
    [InlineData("🚂\n🚂\"🚂", "🚂\\n🚂\\\"🚂")]
    [InlineData("", "")]
    public void Only_what_JSON_requires_is_escaped(string text, string written)
    {
        Assert.Equal($"\"{written}\"", Write(writer => writer.WriteStringValue(text)));
        Assert.Equal($"\"{written}\"", Write(writer => writer.WriteStringValue(Encoding.UTF8.GetBytes(text))));
        Assert.Equal($"\"{written}\"", Write(writer => JsonElement.Parse(JsonSerializer.Serialize(text)).WriteTo(writer)));
        Assert.Equal(text, JsonElement.Parse($"\"{written}\"").GetString());
    }

    [Theory]
    [InlineData("a\ud83d")]
    [InlineData("\ude82b")]
    [InlineData("\ud83d\ud83d\ude82\n")]
    [InlineData("🚂\ude82")]
    public void Half_a_surrogate_pair_becomes_a_replacement_character(string text) => Assert.Equal(
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)),
        JsonElement.Parse(Write(writer => writer.WriteStringValue(text))).GetString());

    [Fact]
    public void Long_text_is_written_whole()
    {
        for (var length = 0; length < 3000; length += 7)
        {
            var text = string.Concat(Enumerable.Repeat("aé\n\"漢🚂\u0001", length / 7)) + new string('x', length % 13);
            Assert.Equal(text, JsonElement.Parse(Write(writer => writer.WriteStringValue(text))).GetString());
            Assert.Equal(text, JsonElement.Parse(Write(writer => writer.WriteStringValue(Encoding.UTF8.GetBytes(text)))).GetString());
        }
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
