using System.Buffers;
using System.Net;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Files that a client references by the id of their upload: no other provider can read them.</summary>
public sealed class UploadedFileTests
{
    private const string Use = """{"role":"user","content":"look"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"look","input":{}}]}""";

    private static readonly string[] s_blocks =
    [
        """{"type":"document","source":{"type":"file","file_id":"file_1"},"title":"Depths","cache_control":{"type":"ephemeral"}}""",
        """{"type":"image","source":{"type":"file","file_id":"file_1"}}""",
    ];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var block in s_blocks)
            {
                foreach (var egress in HistoryTests.Others("anthropic-messages"))
                    cases.Add(block, egress.Data);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_file_that_another_provider_holds_is_refused_with_the_way_out(string block, string egress)
    {
        foreach (var messages in (string[])[
            $$"""{"role":"user","content":[{{block}},{"type":"text","text":"how deep?"}]}""",
            $$"""{"role":"user","content":[{{block}}]}""",
            $$"""{{Use}},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{{block}}]}]}"""])
        {
            var error = Assert.Throws<CallException>(() => Translate(messages, egress)).Error;

            Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
            Assert.StartsWith("messages[", error.Param, StringComparison.Ordinal);
            Assert.Contains(".content", error.Param, StringComparison.Ordinal);
            Assert.Contains("Send ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/v1/messages", ",\"max_tokens\":9")]
    [InlineData("/v1/messages", ",\"max_tokens\":9,\"stream\":true")]
    [InlineData("/v1/messages/count_tokens", "")]
    public async Task A_client_in_this_process_is_not_asked_about_a_file_that_it_cannot_have(string path, string more)
    {
        await using var gateway = await GatewayHost.StartAsync();
        foreach (var block in s_blocks)
        {
            foreach (var messages in (string[])[
                $$"""{"role":"user","content":[{{block}},{"type":"text","text":"how deep?"}]}""",
                $$"""{{Use}},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{{block}}]}]}"""])
            {
                var body = $$"""{"model":"mock/mock-model-v1","messages":[{{messages}}]{{more}}}""";
                using var response = await gateway.PostAsync(path, body);

                Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
                Assert.Contains("only be read where it was uploaded", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    private static void Translate(string messages, string egress)
    {
        var canonical = BuiltInDialects.Set.Ingress(DialectId.AnthropicMessages).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" },
            Encoding.UTF8.GetBytes($$"""{"model":"any","max_tokens":9,"messages":[{{messages}}]}"""));
        BuiltInDialects.Set.Egress(new DialectId(egress)).EncodeRequest(
            canonical, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), new LossReport(),
            new ArrayBufferWriter<byte>());
    }
}
