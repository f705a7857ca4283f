using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The fields of embedding requests that the clients of different servers call differently.</summary>
public sealed class EmbeddingFieldTests
{
    private const string CohereOnBedrock = "cohere.embed-english-v3";

    [Theory]
    [InlineData("cohere", "m", "output_dimension")]
    [InlineData("gemini", "m", "outputDimensionality")]
    [InlineData("ollama", "m", "dimensions")]
    [InlineData("bedrock-converse", CohereOnBedrock, "output_dimension")]
    [InlineData("bedrock-converse", "amazon.titan-embed-text-v2:0", "dimensions")]
    public void The_size_of_vectors_is_carried_under_either_name(string format, string model, string theirs)
    {
        foreach (var size in new[] { "\"dimensions\":256", "\"output_dimension\":256", "\"dimensions\":256,\"output_dimension\":256" })
        {
            var (body, losses) = FromOpenAI($$"""{"model":"m","input":["a"],{{size}}}""", format, model);

            Assert.Equal(256, Own(body, format).GetProperty(theirs).GetInt32());
            Assert.Empty(losses);
        }
    }

    [Theory]
    [InlineData("cohere", "m")]
    [InlineData("gemini", "m")]
    [InlineData("ollama", "m")]
    [InlineData("bedrock-converse", CohereOnBedrock)]
    public void What_decides_the_form_of_vectors_is_carried_or_refused(string format, string model)
    {
        var (_, losses) = FromOpenAI(
            """{"model":"m","input":["a"],"output_dtype":"float","embedding_type":"float","embedding_types":["float"]}""", format, model);
        Assert.Empty(losses);
        foreach (var (name, value) in new[]
        {
            ("output_dtype", "\"int8\""), ("embedding_type", "\"binary\""), ("embedding_types", """["float","uint8"]"""),
            ("output_dimension", "0"), ("output_dimension", "\"big\""),
        })
        {
            var refused = Assert.Throws<CallException>(
                () => FromOpenAI($$"""{"model":"m","input":["a"],"{{name}}":{{value}}}""", format, model)).Error;
            Assert.Equal((CallErrorKind.InvalidRequest, name), (refused.Kind, refused.Param));
        }
    }

    [Fact]
    public void Of_two_sizes_the_one_that_is_not_sent_is_named()
    {
        var (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"dimensions":256,"output_dimension":512}""", "cohere", "m");

        Assert.Equal(256, body.GetProperty("output_dimension").GetInt32());
        Assert.Equal(["output_dimension"], losses);
    }

    [Theory]
    [InlineData("query", "RETRIEVAL_QUERY")]
    [InlineData("search_query", "RETRIEVAL_QUERY")]
    [InlineData("document", "RETRIEVAL_DOCUMENT")]
    [InlineData("passage", "RETRIEVAL_DOCUMENT")]
    [InlineData("search_document", "RETRIEVAL_DOCUMENT")]
    [InlineData("clustering", "CLUSTERING")]
    [InlineData("classification", "CLASSIFICATION")]
    [InlineData("other", null)]
    public void The_purpose_of_texts_becomes_a_task_for_Gemini(string purpose, string? task)
    {
        var (body, losses) = FromOpenAI($$"""{"model":"m","input":["a"],"input_type":"{{purpose}}"}""", "gemini", "gemini-embedding-001");

        Assert.Equal(task, Own(body, "gemini").TryGetProperty("taskType", out var sent) ? sent.GetString() : null);
        Assert.Equal(task is null ? ["input_type"] : [], losses);
    }

    /// <summary>Those models take the task as a part of the text.</summary>
    [Fact]
    public void A_model_that_has_no_tasks_gets_none_and_the_purpose_is_named()
    {
        var (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"input_type":"query"}""", "gemini", "gemini-embedding-2");

        Assert.False(Own(body, "gemini").TryGetProperty("taskType", out _));
        Assert.Equal(["input_type"], losses);
    }

    [Theory]
    [InlineData("RETRIEVAL_QUERY", "search_query", true)]
    [InlineData("QUESTION_ANSWERING", "search_query", true)]
    [InlineData("FACT_VERIFICATION", "search_query", true)]
    [InlineData("CODE_RETRIEVAL_QUERY", "search_query", true)]
    [InlineData("RETRIEVAL_DOCUMENT", "search_document", true)]
    [InlineData("CLASSIFICATION", "classification", true)]
    [InlineData("CLUSTERING", "clustering", true)]
    [InlineData("SEMANTIC_SIMILARITY", "search_document", false)]
    public void A_task_of_a_Gemini_client_becomes_the_purpose_of_the_texts(string task, string purpose, bool isCarried)
    {
        foreach (var (format, model) in new[] { ("cohere", "m"), ("bedrock-converse", CohereOnBedrock) })
        {
            var (body, losses) = Translate(
                "gemini", $$$"""{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"{{{task}}}"}]}""", format, model);

            Assert.Equal(purpose, body.GetProperty("input_type").GetString());
            Assert.Equal(isCarried ? [] : ["taskType"], losses);
        }
    }

    [Fact]
    public void Whether_long_texts_are_cut_is_said_in_the_form_that_a_server_takes()
    {
        var (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"truncate":"START"}""", "cohere", "m");
        Assert.Equal("START", body.GetProperty("truncate").GetString());
        Assert.Empty(losses);

        (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"truncate":true}""", "cohere", "m");
        Assert.False(body.TryGetProperty("truncate", out _));
        Assert.Equal(["truncate"], losses);

        (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"truncate":false}""", "ollama", "m");
        Assert.False(body.GetProperty("truncate").GetBoolean());
        Assert.Empty(losses);

        (body, losses) = FromOpenAI("""{"model":"m","input":["a"],"truncate":"START"}""", "ollama", "m");
        Assert.False(body.TryGetProperty("truncate", out _));
        Assert.Equal(["truncate"], losses);
    }

    private static (JsonElement Body, IReadOnlyList<string> Losses) FromOpenAI(string body, string format, string model) =>
        Translate("openai-chat", body, format, model);

    private static (JsonElement Body, IReadOnlyList<string> Losses) Translate(string client, string body, string format, string model)
    {
        var request = BuiltInDialects.Set.Ingress(new DialectId(client)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Embedding, Model = "m" }, Encoding.UTF8.GetBytes(body));
        var (losses, output) = (new LossReport(), new ArrayBufferWriter<byte>());
        BuiltInDialects.Set.Egress(new DialectId(format)).EncodeRequest(
            request, new EgressTarget("acme", model, ProviderQuirks.None), losses, output);
        return (JsonElement.Parse(output.WrittenSpan), losses.Fields);
    }

    /// <summary>The object that holds the fields of an input.</summary>
    private static JsonElement Own(JsonElement body, string format) => format == "gemini" ? body.GetProperty("requests")[0] : body;
}
