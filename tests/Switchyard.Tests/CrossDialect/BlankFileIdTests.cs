using System.Buffers;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>An id of a file that is blank: providers of the client's format refuse it themselves, all others go without it.</summary>
public sealed class BlankFileIdTests
{
    [Theory]
    [InlineData("openai-chat", """{"model":"any","messages":[{"role":"user","content":[{"type":"text","text":"?"},{"type":"file","file":{"file_id":" "}}]}]}""")]
    [InlineData("openai-responses", """{"model":"any","input":[{"role":"user","content":[{"type":"input_text","text":"?"},{"type":"input_file","file_id":" "}]}]}""")]
    [InlineData("openai-responses", """{"model":"any","input":[{"role":"user","content":[{"type":"input_text","text":"?"},{"type":"input_image","file_id":" "}]}]}""")]
    public void It_is_passed_on_in_its_own_format_and_named_for_every_other(string ingress, string request)
    {
        foreach (var egress in BuiltInDialects.Set.EgressIds)
        {
            var decoded = BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
                new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes(request));
            var losses = new LossReport();
            var output = new ArrayBufferWriter<byte>();
            BuiltInDialects.Set.Egress(egress).EncodeRequest(
                decoded, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress.Value), ProviderQuirks.None), losses, output);

            var isOwn = egress.Value == ingress;
            Assert.Equal(isOwn, Encoding.UTF8.GetString(output.WrittenSpan).Contains("\"file_id\":\" \"", StringComparison.Ordinal));
            Assert.Equal(isOwn, losses.IsEmpty);
        }
    }
}
