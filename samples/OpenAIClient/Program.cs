// OpenAI's own client, pointed at a gateway. Start one with `./run` in another terminal, then run
// `dotnet run --project samples/OpenAIClient`. The key is ignored unless server.keys is set.
using System.ClientModel;
using OpenAI;

// begin: openai client
var client = new OpenAIClient(new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri("http://127.0.0.1:8080/v1") });
var answer = await client.GetChatClient("mock-model-v1").CompleteChatAsync("Hello");
Console.WriteLine(answer.Value.Content[0].Text);
// end
