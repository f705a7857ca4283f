using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class RerankTests
{
    private static readonly EgressTarget s_list = Codec.With(new ProviderQuirks { RerankList = true });

    [Covers("M11")]
    [Theory]
    [InlineData("""{"model":"upstream-model","query":"q","documents":["a","b"]}""")]
    [InlineData("""{"model":"upstream-model","query":"q","documents":[{"text":"a"},"b",{"title":"t","body":"x"}],"top_n":2,"return_documents":true}""")]
    [InlineData("""{"model":"upstream-model","query":"q","documents":["a"],"return_documents":false,"rank_fields":["title"],"max_chunks_per_doc":10}""")]
    public void Documents_stay_what_they_were_and_absent_fields_absent(string body) => Assert.Empty(JsonDiff.Compare(
        JsonDiff.Parse(Encoding.UTF8.GetBytes(body)), Codec.Translate(body, operation: CallOperation.Rerank)));

    [Covers("M11")]
    [Fact]
    public void A_document_is_its_text_whatever_form_it_came_in()
    {
        var request = Decode("""{"model":"m","query":"q","documents":["a",{"text":"b","id":7},{"title":"c"}]}""");
        Assert.Equal(["a", "b", """{"title":"c"}"""], request.Documents.Select(document => document.Text));
        Assert.Equal([false, true, true], request.Documents.Select(document => document.Wire is not null));
    }

    [Theory]
    [InlineData("""{"model":"m","query":"q"}""", "documents")]
    [InlineData("""{"model":"m","documents":["a"]}""", "query")]
    [InlineData("""{"model":"m","query":5,"documents":["a"]}""", "query")]
    [InlineData("""{"model":"m","query":"q","documents":[]}""", "documents")]
    [InlineData("""{"model":"m","query":"q","documents":"a"}""", "documents")]
    [InlineData("""{"model":"m","query":"q","documents":["a",5]}""", "documents[1]")]
    [InlineData("""{"model":"m","query":"q","documents":["a"],"top_n":0}""", "top_n")]
    [InlineData("""{"model":"m","query":"q","documents":["a"],"top_k":0}""", "top_k")]
    [InlineData("""{"model":"m","query":"q","documents":["a"],"top_n":1,"top_k":2}""", "top_k")]
    [InlineData("""{"model":"m","query":"q","documents":["a"],"return_documents":"yes"}""", "return_documents")]
    public void A_wrong_request_is_named(string body, string param) =>
        Assert.Equal(param, Assert.Throws<CallException>(() => Decode(body)).Error.Param);

    [Fact]
    public void A_request_is_forwarded_with_nothing_but_its_model_changed() => Assert.Equal(
        """{"query":"q","model":"upstream-model","documents":["a",{"x":1}],"n":3,"top_n":null}""",
        Codec.Forward(
            """{"query":"q","model":"m","documents":["a",{"x":1}],"n":3,"top_n":null}""",
            Codec.With(new ProviderQuirks { UnsupportedParams = ["n"] }), CallOperation.Rerank));

    [Fact]
    public void Where_results_come_as_a_list_the_bound_has_its_name_and_nothing_is_forwarded()
    {
        const string body = """{"model":"m","query":"q","documents":["a"],"top_n":1,"truncation":true}""";
        Assert.Null(Codec.Forward(body, s_list, CallOperation.Rerank));
        Assert.Equal(
            """{"model":"upstream-model","query":"q","documents":["a"],"top_k":1,"truncation":true}""",
            Codec.Translate(body, s_list, CallOperation.Rerank).GetRawText());
    }

    [Theory]
    [InlineData("\"top_k\":1")]
    [InlineData("\"top_n\":null,\"top_k\":1")]
    [InlineData("\"top_n\":1,\"top_k\":1")]
    public void The_bound_is_the_same_under_either_name(string bound)
    {
        var body = $$"""{"model":"m","query":"q","documents":["a"],{{bound}}}""";
        foreach (var (target, theirs) in new[] { (Codec.Target, "top_n"), (s_list, "top_k") })
        {
            Assert.Equal(
                $$"""{"model":"upstream-model","query":"q","documents":["a"],"{{theirs}}":1}""",
                Codec.Translate(body, target, CallOperation.Rerank).GetRawText());
        }
    }

    /// <summary>Voyage's own clients send the limit in every request, null for no limit, and read the list.</summary>
    [Theory]
    [InlineData("2")]
    [InlineData("null")]
    public void A_client_of_such_a_server_is_forwarded(string bound) => Assert.Equal(
        $$"""{"query":"q","documents":["a"],"model":"upstream-model","top_k":{{bound}},"truncation":true}""",
        Codec.Forward(
            $$"""{"query":"q","documents":["a"],"model":"m","top_k":{{bound}},"truncation":true}""", s_list, CallOperation.Rerank));

    [Theory]
    [InlineData("""{"results":[{"index":1,"relevance_score":0.5,"document":{"text":"b"}},{"index":0,"relevance_score":0.25,"document":"a"}],"usage":{"total_tokens":7}}""")]
    [InlineData("""{"object":"list","data":[{"relevance_score":0.5,"index":1,"document":"b"},{"score":0.25,"index":0,"document":{"text":"a"}}],"usage":{"total_tokens":7}}""")]
    public void Both_shapes_of_an_answer_are_read(string body)
    {
        var answer = (CanonicalRerankAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Rerank, Encoding.UTF8.GetBytes(body));
        Assert.Equal([new(1, 0.5) { Document = "b" }, new(0, 0.25) { Document = "a" }], answer.Results);
        Assert.Equal(7, answer.Usage.Input);
        Assert.Equal(
            """{"id":"rerank-r1","model":"asked-model","results":[{"index":1,"relevance_score":0.5,"document":{"text":"b"}},{"index":0,"relevance_score":0.25,"document":{"text":"a"}}],"usage":{"prompt_tokens":7,"total_tokens":7},"meta":{"tokens":{"input_tokens":7}}}""",
            Encode(answer));
    }

    [Theory]
    [InlineData("\"usage\":{\"total_tokens\":7}")]
    [InlineData("\"tokens\":{\"input_tokens\":7,\"output_tokens\":0}")]
    [InlineData("\"meta\":{\"billed_units\":{\"input_tokens\":9},\"tokens\":{\"input_tokens\":7,\"output_tokens\":0}}")]
    public void Its_tokens_are_counted_wherever_they_stand_read_or_forwarded(string counted)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"results":[{"index":0,"relevance_score":1}],{{counted}}}""");
        var probe = Codec.Dialect.CreateProbe(CallOperation.Rerank);
        Assert.True(probe.ObserveBody(body));
        Assert.Equal(7, probe.Usage.Input);
        Assert.Equal(7, Codec.Dialect.DecodeAnswer(CallOperation.Rerank, body).Usage.Input);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"results":[{}]}""")]
    [InlineData("""{"results":[{"index":0}]}""")]
    [InlineData("""{"results":[{"index":-1,"relevance_score":1}]}""")]
    [InlineData("""{"results":[5]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":"high"}]}""")]
    [InlineData("[]")]
    public void An_answer_without_results_is_the_providers_fault(string body) => Assert.Equal(
        CallErrorKind.UpstreamUnavailable,
        Assert.Throws<CallException>(() => Codec.Dialect.DecodeAnswer(CallOperation.Rerank, Encoding.UTF8.GetBytes(body))).Error.Kind);

    [Fact]
    public void What_a_search_costs_is_written_where_clients_look_for_it() => Assert.Equal(
        """{"id":"i","model":"m","results":[],"meta":{"billed_units":{"search_units":1}}}""",
        Encode(new CanonicalRerankAnswer([], default) { Id = "i", Model = "m", SearchUnits = 1 }));

    [Fact]
    public void A_list_of_the_recordings_is_answered_in_the_usual_shape()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var recorded = Cassettes.Read("voyage").Single(exchange => exchange.Feature == "rerank");
        var sent = Encoding.UTF8.GetString(recorded.Request).Replace("top_k", "top_n", StringComparison.Ordinal);
        var target = new EgressTarget("acme", "rerank-2-lite", s_list.Quirks);

        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(recorded.Request), Codec.Translate(sent, target, CallOperation.Rerank)));
        var answer = (CanonicalRerankAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Rerank, recorded.Answer);
        Assert.Equal([3, 0, 2], answer.Results.Select(result => result.Index));
        Assert.Equal((57, "rerank-2-lite"), (answer.Usage.Input, answer.Model));
    }

    [Fact]
    public void A_recorded_answer_survives_with_its_search_units()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var recorded = Cassettes.Read("cohere").Single(exchange => exchange.Feature == "rerank");

        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(recorded.Request),
            Codec.Translate(
                Encoding.UTF8.GetString(recorded.Request), new EgressTarget("acme", "rerank-v3.5", ProviderQuirks.None),
                CallOperation.Rerank)));
        var answer = (CanonicalRerankAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Rerank, recorded.Answer);
        Assert.Equal([new(0, 0.75809944), new(2, 0.5515985)], answer.Results);
        Assert.Equal(("9ca94863-3776-45e7-92fc-42a927df30cd", 1L), (answer.Id, answer.SearchUnits));
    }

    [Fact]
    public void Broken_requests_and_answers_are_errors_and_nothing_else()
    {
        var request = """{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":2}"""u8.ToArray();
        var answer = """{"results":[{"index":1,"relevance_score":0.5,"document":{"text":"b"}}],"meta":{"billed_units":{"search_units":1}}}"""u8.ToArray();
        for (var at = 0; at < answer.Length; at++)
        {
            foreach (var broken in new byte[] { (byte)'[', (byte)'0', (byte)'"', 0xFF })
            {
                Run(request, at % request.Length, broken, body => Decode(Encoding.Latin1.GetString(body)));
                Run(answer, at, broken, body => Codec.Dialect.DecodeAnswer(CallOperation.Rerank, body));
            }
        }

        static void Run(byte[] body, int at, byte broken, Action<byte[]> decode)
        {
            var mutated = body.ToArray();
            mutated[at] = broken;
            try
            {
                decode(mutated);
            }
            catch (CallException)
            {
                // The only allowed exception.
            }
        }
    }

    private static CanonicalRerankRequest Decode(string body) => (CanonicalRerankRequest)Codec.Dialect.DecodeRequest(
        new CallEnvelope { Operation = CallOperation.Rerank, Model = "" }, Encoding.UTF8.GetBytes(body));

    private static string Encode(CanonicalRerankAnswer answer)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(operation: CallOperation.Rerank) with { RequestId = "r1" }, output);
        using var parsed = JsonDocument.Parse(output.WrittenMemory);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
