using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Turns that frameworks keep and send back, one at a time to every provider format: beside other reported losses, an unreported one
/// would not be noticed.
/// </summary>
public sealed class HistoryItemTests
{
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":\"harbour\"}"}}]}""";
    private const string Use = """{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"look","input":{"at":"harbour"}}]}""";
    private const string Function = """{"type":"function_call","call_id":"c1","name":"look","arguments":"{\"at\":\"harbour\"}"}""";
    private const string Part = """{"role":"model","parts":[{"functionCall":{"name":"look","args":{"at":"harbour"}}}]}""";

    private static readonly Dictionary<string, (string Template, string[] Items)> s_histories = new()
    {
        ["openai-chat"] = (
            """{"model":"any","messages":[{"role":"user","content":"What is it?"},ITEMS,{"role":"user","content":"And then?"}]}""",
            [
                """{"role":"assistant","content":null,"function_call":{"name":"look","arguments":"{\"at\":\"harbour\"}"}},{"role":"function","name":"look","content":"low tide"}""",
                """{"role":"assistant","content":null,"refusal":"I must not"}""",
                """{"role":"assistant","content":[{"type":"text","text":"first part"},{"type":"refusal","refusal":"not that"}]}""",
                """{"role":"assistant","content":"spoken words","refusal":null,"audio":{"id":"audio_1"},"annotations":[]}""",
                Call + "," + """{"role":"tool","tool_call_id":"c1","name":"look","content":[{"type":"text","text":"a chart"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORwECAw=="}}]}""",
                Call + "," + """{"role":"tool","tool_call_id":"c1","content":null}""",
                Call + "," + """{"role":"tool","tool_call_id":"c1","content":[]}""",
                Call.Replace("null", "[]", StringComparison.Ordinal) + "," + """{"role":"tool","tool_call_id":"c1","content":"low tide"}""",
                """{"role":"developer","content":"a new rule"}""",
                """{"role":"system","content":[{"type":"text","text":"another rule"}]}""",
                """{"role":"user","name":"bob","content":"hello from a friend"},{"role":"assistant","name":"planner","content":"the plan"},{"role":"assistant","name":"critic","content":"the critique"}""",
                """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"custom","custom":{"name":"patch","input":"*** Begin"}}]},{"role":"tool","tool_call_id":"c1","content":"patched"}""",
                """{"role":"assistant","content":"see it","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":3,"url":"https://e.org/cited","title":"Cited page"}}]}""",
                """{"role":"assistant","content":"plain answer","tool_calls":[]}""",
                """{"role":"assistant","content":"an answer","reasoning":"thought about it","reasoning_details":[{"type":"reasoning.text","text":"thought about it","signature":"c2ln"}]}""",
                """{"role":"assistant","content":"an answer","reasoning_content":"thought about it","thinking_blocks":[{"type":"thinking","thinking":"thought about it","signature":"c2ln"}]}""",
                """{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://e.org/v.mp4"}},{"type":"text","text":"a film"}]}""",
                """{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGRiQAAABXQVZF","format":"wav"}},{"type":"text","text":"a sound"}]}""",
            ]),
        ["openai-responses"] = (
            """{"model":"any","input":[{"role":"user","content":"What is it?"},ITEMS,{"role":"user","content":"And then?"}]}""",
            [
                """{"role":"assistant","content":"easy words"}""",
                Function + "," + """{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"a chart"},{"type":"input_image","image_url":"data:image/png;base64,iVBORwECAw=="},{"type":"input_file","file_data":"data:application/pdf;base64,JVBERi0="}]}""",
                """{"type":"custom_tool_call","call_id":"c1","name":"patch","input":"*** Begin"},{"type":"custom_tool_call_output","call_id":"c1","output":"patched"}""",
                """{"type":"mcp_list_tools","id":"mcpl_1","server_label":"dice","tools":[{"name":"roll","input_schema":{"type":"object"}}]}""",
                """{"type":"mcp_call","id":"mcp_1","server_label":"dice","name":"roll","arguments":"{\"sides\":6}","output":"rolled four"}""",
                """{"type":"mcp_approval_request","id":"mcpr_1","server_label":"dice","name":"roll","arguments":"{}"},{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true}""",
                """{"type":"code_interpreter_call","id":"ci_1","status":"completed","container_id":"cntr_1","code":"print(1)","outputs":[{"type":"logs","logs":"one printed"}]}""",
                """{"type":"file_search_call","id":"fs_1","status":"completed","queries":["harbour depth"],"results":[{"file_id":"file_1","filename":"a.txt","score":1,"text":"three metres"}]}""",
                """{"type":"image_generation_call","id":"ig_1","status":"completed","result":"iVBORwECAw==","revised_prompt":"a grey harbour"}""",
                """{"type":"computer_call","id":"cu_1","call_id":"c1","status":"completed","action":{"type":"click","x":1,"y":2,"button":"left"},"pending_safety_checks":[]},{"type":"computer_call_output","call_id":"c1","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,iVBORwECAw=="}}""",
                """{"type":"shell_call","id":"sh_1","call_id":"c1","status":"completed","action":{"commands":["make harbour"]}},{"type":"shell_call_output","call_id":"c1","output":[{"stdout":"made","stderr":"","outcome":{"type":"exit","exit_code":0}}]}""",
                """{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"open thought"}]}""",
                """{"type":"compaction","id":"cmp_1","encrypted_content":"ZW5jb2RlZA=="}""",
            ]),
        ["anthropic-messages"] = (
            """{"model":"any","max_tokens":99,"messages":[{"role":"user","content":"What is it?"},ITEMS,{"role":"user","content":"And then?"}]}""",
            [
                """{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"harbour tides"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://e.org/tides","title":"Tide tables","encrypted_content":"ZW5j","page_age":"1 day"}]},{"type":"text","text":"a cited answer","citations":[{"type":"web_search_result_location","url":"https://e.org/tides","title":"Tide tables","encrypted_index":"aWR4","cited_text":"tides are low"}]}]}""",
                """{"role":"assistant","content":[{"type":"mcp_tool_use","id":"mcptoolu_1","name":"roll","server_name":"dice","input":{"sides":6}},{"type":"mcp_tool_result","tool_use_id":"mcptoolu_1","is_error":false,"content":[{"type":"text","text":"rolled four"}]}]}""",
                """{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"bash_code_execution","input":{"command":"make harbour"}},{"type":"bash_code_execution_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"bash_code_execution_result","stdout":"made","stderr":"","return_code":0,"content":[]}}]}""",
                """{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"the harbour is deep"},"title":"Harbour","context":"from a guide","citations":{"enabled":true}},{"type":"text","text":"how deep?"}]}""",
                """{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"three metres"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORwECAw=="}}]}},{"type":"text","text":"how deep?"}]}""",
                """{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://e.org/depths.pdf"},"title":"Depths"},{"type":"text","text":"how deep?"}]}""",
                """{"role":"user","content":[{"type":"search_result","source":"https://e.org/depths","title":"Depths","content":[{"type":"text","text":"three metres"}]},{"type":"text","text":"how deep?"}]}""",
                Use + "," + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"search_result","source":"https://e.org/depths","title":"Depths","content":[{"type":"text","text":"three metres"}]},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"title":"Chart"}]}]}""",
                Use + "," + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"tool_reference","tool_name":"fathom"},{"type":"tool_reference","tool_name":"moor"}]}]}""",
                Use + "," + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"},{"type":"text","text":"and this"}]}""",
                Use + "," + """{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[],"is_error":true}]}""",
                """{"role":"user","content":[{"type":"container_upload","file_id":"file_1"},{"type":"text","text":"read it"}]}""",
                """{"role":"assistant","content":[{"type":"compaction","content":"what was said before"}]}""",
                """{"role":"assistant","content":"plain words"},{"role":"assistant","content":[{"type":"text","text":"more words"}]}""",
            ]),
        ["gemini"] = (
            """{"contents":[{"role":"user","parts":[{"text":"What is it?"}]},ITEMS,{"role":"user","parts":[{"text":"And then?"}]}]}""",
            [
                """{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"one printed"}},{"text":"it is one"}]}""",
                Part + "," + """{"role":"function","parts":[{"functionResponse":{"name":"look","response":{"result":"low tide"}}}]}""",
                Part + "," + """{"role":"tool","parts":[{"functionResponse":{"name":"look","response":{"output":{"depth":"three metres"}}}}]}""",
                Part + "," + """{"role":"user","parts":[{"functionResponse":{"name":"look","response":{"output":"a chart"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORwECAw=="}}]}}]}""",
                """{"role":"model","parts":[{"function_call":{"name":"look","args":{"at":"harbour"}},"thought_signature":"c2ln"}]},{"role":"user","parts":[{"function_response":{"name":"look","response":{"output":"low tide"}}}]}""",
                """{"role":"user","parts":[{"fileData":{"mimeType":"video/mp4","fileUri":"gs://bucket/v.mp4"},"videoMetadata":{"startOffset":"10s"}},{"text":"a film"}]}""",
                """{"role":"user","parts":[{"inlineData":{"mimeType":"audio/wav","data":"UklGRiQAAABXQVZF"}},{"text":"a sound"}]}""",
                """{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORwECAw=="}},{"text":"a picture"}]}""",
                """{"parts":[{"text":"no role"}]}""",
                """{"role":"model","parts":[]}""",
            ]),
    };

    public static TheoryData<string, int, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, string>();
            foreach (var (ingress, (_, items)) in s_histories)
            {
                for (var i = 0; i < items.Length; i++)
                {
                    foreach (var egress in HistoryTests.Others(ingress))
                        cases.Add(ingress, i, egress.Data);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string, int> Items
    {
        get
        {
            var items = new TheoryData<string, int>();
            foreach (var (ingress, (_, turns)) in s_histories)
            {
                for (var i = 0; i < turns.Length; i++)
                    items.Add(ingress, i);
            }

            return items;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_turn_that_a_framework_keeps_is_in_order_and_not_lost_unnamed(string ingress, int item, string egress)
    {
        var problems = AgentHistoryTests.Problems(ingress, RequestOf(ingress, item), egress);

        Assert.True(problems.Count == 0, $"{s_histories[ingress].Items[item]}\n{string.Join('\n', problems)}");
    }

    /// <summary>A provider may not accept a turn's content; its own format does, so reading it refuses nothing.</summary>
    [Theory, MemberData(nameof(Items))]
    public void A_turn_that_a_framework_keeps_is_read(string ingress, int item)
    {
        var refused = Record.Exception(() => BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, RequestOf(ingress, item)));

        Assert.True(refused is null, $"{s_histories[ingress].Items[item]}\n{refused?.Message}");
    }

    private static byte[] RequestOf(string ingress, int item)
    {
        var (template, items) = s_histories[ingress];
        return Encoding.UTF8.GetBytes(template.Replace("ITEMS", items[item], StringComparison.Ordinal));
    }
}
