namespace Switchyard.Server.Commands;

/// <summary>
/// The examples below each help, by the command's words after <c>switchyard</c>. Two or more spaces begin a remark. A test parses every
/// example as the command line does, and fails for a command without one.
/// </summary>
internal static class HelpExamples
{
    private static readonly Dictionary<string, string[]> s_all = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "switchyard                                start the gateway on 127.0.0.1:8080",
            "switchyard check                          is the configuration usable?",
            "switchyard chat                           talk to a model",
            "switchyard chat \"Hello\" -m openai/gpt-4o  ask one question",
            "switchyard models -p openai               the models and their prices",
            "switchyard live                           watch the running calls",
            "switchyard completion bash                let the shell complete commands",
        ],
        ["serve"] =
        [
            "switchyard serve --config gateway.yaml",
            "switchyard serve --urls http://127.0.0.1:9000 --log-level debug",
            "OPENAI_API_KEY=… switchyard serve         openai is enabled by its key",
        ],
        ["check"] =
        [
            "switchyard check                          load and check the configuration",
            "switchyard check --live openai            ask the provider what works",
        ],
        ["health"] =
        [
            "switchyard health                         can each provider be reached?",
            "switchyard health openai --level round-trip",
        ],
        ["ping"] =
        [
            "switchyard ping                           can the gateway here serve calls?",
            "switchyard ping --url https://ai.example.com",
        ],
        ["providers"] = ["switchyard providers", "switchyard providers --json"],
        ["providers running"] = ["switchyard providers running"],
        ["providers circuits"] = ["switchyard providers circuits"],
        ["providers enable"] = ["switchyard providers enable groq"],
        ["providers disable"] = ["switchyard providers disable groq   calls go to the others"],
        ["providers set"] = ["switchyard providers set groq --priority 10 --weight 0.5"],
        ["models"] = ["switchyard models", "switchyard models -p openai --all"],
        ["explain"] =
        [
            "switchyard explain fast                   where its calls go, and why",
            "switchyard explain fast --seed 42 --json",
        ],
        ["chat"] =
        [
            "switchyard chat                           a conversation; /help for commands",
            "switchyard chat \"What is a switchyard?\"",
            "switchyard chat -m anthropic/claude-sonnet-4-5 --stream \"Hello\"",
            "cat question.txt | switchyard chat",
        ],
        ["status"] = ["switchyard status", "switchyard status --url http://10.0.0.5:8080 --json"],
        ["live"] =
        [
            "switchyard live                           until Ctrl-C",
            "switchyard live --every 250ms",
            "switchyard live --once --json             the running calls, as JSON",
        ],
        ["calls"] = ["switchyard calls", "switchyard calls --json -n 20"],
        ["calls find"] =
        [
            "switchyard calls find provider:openai outcome:failed since:1h",
            "switchyard calls find ci -n 10            a key, a model, a provider, …",
        ],
        ["calls show"] = ["switchyard calls show req_0199c2          attempts, decision, cost"],
        ["calls end"] = ["switchyard calls end req_0199c2"],
        ["budgets"] = ["switchyard budgets"],
        ["limits"] = ["switchyard limits --blocked", "switchyard limits --json"],
        ["cache"] = ["switchyard cache"],
        ["cache clear"] = ["switchyard cache clear"],
        ["audit"] = ["switchyard audit -n 20"],
        ["audit verify"] = ["switchyard audit verify"],
        ["plugins"] = ["switchyard plugins list"],
        ["plugins list"] = ["switchyard plugins list --json"],
        ["plugins load"] = ["switchyard plugins load greeting"],
        ["plugins replace"] = ["switchyard plugins replace greeting greeting-2"],
        ["plugins unload"] = ["switchyard plugins unload greeting@1.0.0"],
        ["plugins enable"] = ["switchyard plugins enable greeting"],
        ["refine"] = ["switchyard refine order.schema.json --samples orders.json -o better.json"],
        ["replay"] =
        [
            "switchyard replay cassettes/              answer from recordings, on port 8080",
            "switchyard replay cassettes/checkout --port 9000 --speed 1",
        ],
        ["config"] = ["switchyard config get cache", "switchyard config set cache.ttl=10m"],
        ["config get"] =
        [
            "switchyard config get cache               these settings, and who set them",
            "switchyard config get --all",
        ],
        ["config set"] = ["switchyard config set cache.ttl=10m routing.strategy=cost"],
        ["config unset"] = ["switchyard config unset cache.ttl"],
        ["config history"] = ["switchyard config history"],
        ["config diff"] = ["switchyard config diff 3", "switchyard config diff 3 5"],
        ["config rollback"] = ["switchyard config rollback 3"],
        ["config export"] = ["switchyard config export > switchyard.yaml"],
        ["config import"] = ["switchyard config import switchyard.yaml"],
        ["config canary"] = ["switchyard config canary"],
        ["config canary start"] = ["switchyard config canary start routing.strategy=cost --share 5%"],
        ["config canary share"] = ["switchyard config canary share --share 25%"],
        ["config canary promote"] = ["switchyard config canary promote"],
        ["config canary abandon"] = ["switchyard config canary abandon"],
        ["keys"] = ["switchyard keys list", "switchyard keys create ci --tenant web"],
        ["keys list"] = ["switchyard keys list --json"],
        ["keys show"] = ["switchyard keys show ci"],
        ["keys create"] = ["switchyard keys create ci --tenant web --expires 2030-01-01"],
        ["keys change"] = ["switchyard keys change ci --settings '{\"models\":[\"fast\"]}'"],
        ["keys delete"] = ["switchyard keys delete ci"],
        ["keys rotate"] = ["switchyard keys rotate ci --grace 1h"],
        ["keys revoke"] = ["switchyard keys revoke ci"],
        ["tenants"] = ["switchyard tenants list"],
        ["tenants list"] = ["switchyard tenants list --json"],
        ["tenants show"] = ["switchyard tenants show web"],
        ["tenants create"] = ["switchyard tenants create web"],
        ["tenants change"] = ["switchyard tenants change web --settings '{\"models\":[\"fast\"]}'"],
        ["tenants delete"] = ["switchyard tenants delete web"],
        ["usage"] =
        [
            "switchyard usage                          what this month cost, by provider",
            "switchyard usage --since 7d --by day,model",
            "switchyard usage --csv > usage.csv        every entry",
        ],
        ["usage reconcile"] =
        [
            "switchyard usage reconcile usage.csv -p openai",
            "switchyard usage reconcile usage.json -p anthropic --resolve",
        ],
        ["usage reprice"] =
        [
            "switchyard usage reprice --since 2026-11-01 --model openai/gpt-4o",
            "switchyard usage reprice --since 2026-11-01 --apply",
        ],
        ["migrate"] = ["switchyard migrate --plan", "switchyard migrate"],
        ["secrets"] =
        [
            "echo \"$KEY\" | switchyard secrets set provider:openai:apiKey",
            "switchyard secrets list",
        ],
        ["secrets set"] = ["echo \"$KEY\" | switchyard secrets set provider:openai:apiKey"],
        ["secrets get"] = ["switchyard secrets get provider:openai:apiKey --masked"],
        ["secrets delete"] = ["switchyard secrets delete provider:openai:apiKey"],
        ["secrets list"] = ["switchyard secrets list"],
        ["secrets encrypt"] = ["LOCAL_SECRETS_PASSPHRASE=… switchyard secrets encrypt"],
        ["import"] =
        [
            "switchyard import litellm config.yaml > switchyard.yaml",
            "switchyard import portkey config.json --name fast --out switchyard.yaml",
            "switchyard import bifrost config.json --json --strict",
        ],
        ["import litellm"] =
        [
            "switchyard import litellm config.yaml > switchyard.yaml",
            "switchyard import litellm config.yaml --out switchyard.yaml --report report",
        ],
        ["import portkey"] =
        [
            "switchyard import portkey config.json --name fast > switchyard.yaml",
            "switchyard import portkey config.json --name fast --json --strict",
        ],
        ["import bifrost"] =
        [
            "switchyard import bifrost config.json > switchyard.yaml",
            "switchyard import bifrost config.json --out switchyard.yaml --report report",
        ],
        ["schema"] = ["switchyard schema > switchyard.schema.json"],
        ["completion"] =
        [
            "source <(switchyard completion bash)      in ~/.bashrc",
            "source <(switchyard completion zsh)       in ~/.zshrc, after compinit",
            "switchyard completion fish | source       in ~/.config/fish/config.fish",
        ],
    };

    /// <summary>The commands that have examples, by their words.</summary>
    public static IReadOnlyCollection<string> Commands => s_all.Keys;

    /// <summary>The examples of a command; empty if it has none.</summary>
    /// <param name="command">Its words after <c>switchyard</c>: <c>config canary start</c>.</param>
    public static IReadOnlyList<string> Of(string command) => s_all.GetValueOrDefault(command) ?? [];
}
