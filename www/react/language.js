// The chat in three languages. English sentences are the keys, so that a sentence which no table
// has is still one; `#` stands for a number.

import { box } from './box.js';

export const LANGUAGES = [
  { id: 'en', name: 'English', dir: 'ltr' },
  { id: 'zh', name: '中文', dir: 'ltr' },
  { id: 'ar', name: 'العربية', dir: 'rtl' },
];

const TABLES = {
  en: {},
  zh: {
    Chat: '聊天',
    Conversations: '对话',
    Conversation: '对话内容',
    Messages: '消息',
    Language: '语言',
    Suggestions: '建议',
    'New chat': '新对话',
    'Load # messages': '载入 # 条消息',
    '# messages': '# 条消息',
    'What shall we do today?': '今天我们做点什么？',
    'A chat made with React, as such pages are. It knows nothing of the list beside it.':
      '一个用 React 制作的聊天，就像这类页面一样。它对旁边的列表一无所知。',
    'Your message': '您的消息',
    'Write a message': '写一条消息',
    Send: '发送',
    Stop: '停止',
    'Plan a picnic with tools': '用工具安排野餐',
    'Think it through': '仔细想一想',
    'Run a command': '运行命令',
    'Ask permission': '请求许可',
    'Hit the limit': '达到上限',
    'Thinking of an answer': '正在思考答案',
    Thinking: '思考',
    Input: '输入',
    Result: '结果',
    running: '运行中',
    done: '完成',
    failed: '失败',
    Permission: '许可',
    'May the assistant use this tool?': '允许助手使用这个工具吗？',
    Allow: '允许',
    Deny: '拒绝',
    'The assistant asks you.': '助手在询问您。',
    'The assistant is answering.': '助手正在回答。',
    'The answer is complete.': '回答已完成。',
    'Back to the end': '回到末尾',
    'You stopped this answer.': '您停止了这个回答。',
    'You did not allow it, so the answer was stopped.': '您没有允许，因此回答已停止。',
    'You left this conversation.': '您离开了这个对话。',
    'The answer was cut off.': '回答被中断了。',
    'You have used # % of your limit.': '您已使用上限的 # %。',
  },
  ar: {
    Chat: 'الدردشة',
    Conversations: 'المحادثات',
    Conversation: 'المحادثة',
    Messages: 'الرسائل',
    Language: 'اللغة',
    Suggestions: 'اقتراحات',
    'New chat': 'محادثة جديدة',
    'Load # messages': 'تحميل # رسالة',
    '# messages': '# رسالة',
    'What shall we do today?': 'ماذا نفعل اليوم؟',
    'A chat made with React, as such pages are. It knows nothing of the list beside it.':
      'دردشة مصنوعة بمكتبة React مثل صفحات كهذه. لا تعرف شيئًا عن القائمة التي بجانبها.',
    'Your message': 'رسالتك',
    'Write a message': 'اكتب رسالة',
    Send: 'إرسال',
    Stop: 'إيقاف',
    'Plan a picnic with tools': 'خطط لنزهة بالأدوات',
    'Think it through': 'فكّر مليًا',
    'Run a command': 'شغّل أمرًا',
    'Ask permission': 'اطلب الإذن',
    'Hit the limit': 'ابلغ الحد',
    'Thinking of an answer': 'يفكر في إجابة',
    Thinking: 'تفكير',
    Input: 'المدخلات',
    Result: 'النتيجة',
    running: 'قيد التشغيل',
    done: 'تم',
    failed: 'فشل',
    Permission: 'إذن',
    'May the assistant use this tool?': 'هل يُسمح للمساعد باستخدام هذه الأداة؟',
    Allow: 'سماح',
    Deny: 'رفض',
    'The assistant asks you.': 'المساعد يسألك.',
    'The assistant is answering.': 'المساعد يجيب.',
    'The answer is complete.': 'اكتملت الإجابة.',
    'Back to the end': 'العودة إلى النهاية',
    'You stopped this answer.': 'لقد أوقفت هذه الإجابة.',
    'You did not allow it, so the answer was stopped.': 'لم تسمح بذلك، فتوقفت الإجابة.',
    'You left this conversation.': 'لقد غادرت هذه المحادثة.',
    'The answer was cut off.': 'انقطعت الإجابة.',
    'You have used # % of your limit.': 'لقد استخدمت # % من حدّك.',
  },
};

export const language = box(LANGUAGES[0]);

/** What says an English sentence in the language that is chosen. */
export function useWords() {
  const table = TABLES[language.use().id];
  return (text) => {
    const number = /\d[\d,]*/.exec(text)?.[0] ?? '';
    return table[text] ?? table[text.replace(number, '#')]?.replace('#', number) ?? text;
  };
}
