using System.Buffers;
using System.Text;
using Switchyard.Providers.Http;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>The shapes in which vendors list their models.</summary>
public sealed class ModelListReaderTests
{
    [Theory]
    [InlineData("""{"object":"list","data":[{"id":"m","object":"model","created":1715367049,"owned_by":"system"}]}""", "m m ?")]
    [InlineData("""{"object":"list","data":[{"id":"m","context_window":131072,"active":true,"max_completion_tokens":8}]}""", "m m 131072")]
    [InlineData("""[{"id":"maker/m","type":"chat","context_length":4096,"pricing":{"input":0.1}}]""", "maker/m maker/m 4096")]
    [InlineData(
        """{"data":[{"id":"m","name":"M","max_context_length":32768,"aliases":["n"],"capabilities":{"vision":true}}]}""", "m M 32768")]
    [InlineData("""{"models":[{"name":"models/m","version":"1","displayName":"M One","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":["generateContent"]}],"nextPageToken":"x"}""", "m M One 1048576")]
    [InlineData("""{"models":[{"name":"m:7b","model":"m:7b","modified_at":"2026-01-02T03:04:05.123Z","size":4,"details":{"family":"f","families":["f"]}}]}""", "m:7b m:7b ?")]
    [InlineData("""{"data":[{"type":"model","id":"m","display_name":"M","created_at":"2026-02-19T00:00:00Z","max_input_tokens":200000,"capabilities":{"batch":{"supported":true}}}],"has_more":false,"first_id":"m","last_id":"m"}""", "m M 200000")]
    [InlineData("""{"models":[{"name":"m","endpoints":["chat"],"finetuned":false,"context_length":256000,"is_deprecated":false}],"next_page_token":"x"}""", "m m 256000")]
    public void A_model_is_read_in_every_shape(string body, string expected)
    {
        var model = Assert.Single(ModelListReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), "acme"));

        var window = model.Capabilities.MaxContextTokens?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, $"{model.Id} {model.Name} {window ?? "?"}");
    }

    [Theory]
    [InlineData("""{"id":"m"}""", true, false, false)]
    [InlineData("""{"id":"m","capabilities":{"completion_chat":true,"function_calling":true,"vision":false}}""", true, false, true)]
    [InlineData("""{"id":"m","capabilities":{"completion_chat":false,"function_calling":false,"vision":true}}""", false, true, false)]
    [InlineData("""{"id":"m","capabilities":{"image_input":{"supported":true},"pdf_input":{"supported":false}}}""", true, true, false)]
    [InlineData(
        """{"id":"m","architecture":{"input_modalities":["text","image"]},"supported_parameters":["tools","seed"]}""", true, true, true)]
    [InlineData("""{"id":"m","capabilities":["completion"],"architecture":"x","supported_parameters":{"tools":true}}""", true, false, false)]
    public void What_a_vendor_states_of_its_model_is_read_in_every_shape(string model, bool chats, bool sees, bool calls)
    {
        var body = $$"""{"data":[{{model}}]}""";

        var stated = Assert.Single(ModelListReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), "acme")).Capabilities;

        Assert.Equal((chats, sees, calls), (stated.Completion, stated.ImageUnderstanding, stated.FunctionCalling));
    }

    [Theory]
    [InlineData("""{"data":[{"id":"m","created":1715367049}]}""", 2024)]
    [InlineData("""{"data":[{"id":"m","created_at":"2026-02-19T00:00:00Z"}]}""", 2026)]
    [InlineData("""{"models":[{"model":"m","modified_at":"2025-05-04T14:56:49.277302595-07:00"}]}""", 2025)]
    public void Its_date_is_read_in_every_shape(string body, int year) =>
        Assert.Equal(
            year,
            Assert.Single(ModelListReader.Read(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), "acme")).Created!.Value.Year);
}
